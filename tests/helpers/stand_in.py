"""The stand-in of NASA's services over real HTTP."""

from include.apod.sources import service
from local.nasa.app import Application
from local.nasa.faults import Fault

# The ways in which a service may end for good, as options of a fault.
ENDS = {
    "404": {"kind": "gone"},
    "410": {"kind": "reply", "status": 410, "text": "Gone"},
    "redirect": {"kind": "moved"},
    "placeholder": {"kind": "placeholder"},
    "429": {"kind": "over_quota", "seconds": 60},
    "error": {"kind": "error"},
    "gateway": {"kind": "status", "status": 504},
    "connection cut": {"kind": "reset"},
    "page": {"kind": "html"},
}


class Door:
    """An address behind which each test has a stand-in of its own."""

    application = None
    url = ""

    async def __call__(self, scope, receive, send):
        await self.application(scope, receive, send)

    def open(self, nasa):
        """Puts a stand-in behind the address."""
        self.application = Application(nasa)


class Served:
    """A stand-in that is being served: its state as `service`, its address as `url`."""

    def __init__(self, nasa, url):
        self.service = nasa
        self.url = url

    def sources(self, *names, key="a key"):
        """New sessions of the pipeline with the services; with the planetary one alone if none is named."""
        return [service(name).connect(self.url, key, 0, self.service.now()) for name in names or ("planetary",)]

    def source(self, name="planetary"):
        return self.sources(name)[0]

    def fault(self, kind, **details):
        """Puts something out of order, see `local.nasa.faults`."""
        self.service.faults.append(Fault(kind, **details))
