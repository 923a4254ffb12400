"""A stand-in of NASA's two services for the Astronomy Picture of the Day. docs/stand-in.md is its manual.

It imports nothing of the pipeline, so it can be used without it, and cannot share its mistakes.

    app                   the web application, with the switches for tests
    planetary | basic     what each service answers
    disturbance           what a fault does to a request
    state                 the archive, the clock, what is wrong
    archive, faults, gateway, sky, calendar
"""
