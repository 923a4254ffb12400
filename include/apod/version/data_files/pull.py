"""Brings back the data of the checked-out version, and proves that it is what was published.

    python3 data/pull.py              apod_data.csv, beside this file
    python3 data/pull.py --raw        the folder raw/ as well: what NASA's services said, day by day
    python3 data/pull.py --to FOLDER  somewhere else

It needs Python 3.9 and nothing else; `dvc pull` brings the same bytes. The `.dvc` files beside it name each file's md5
and the remote that has it, `.dvc/config` the remote's address: a folder, http(s)://, or s3://, read as
AWS_ACCESS_KEY_ID says or, without that, as anybody. On any difference nothing is left behind, and the exit status is 1.
"""

import argparse
import configparser
import hashlib
import hmac
import json
import os
import re
import shutil
import sys
import tempfile
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

DATA = Path(__file__).resolve().parent
SECONDS = 60  # without an answer


class Different(Exception):
    """Something is not what was published, or is not there."""


def pointer(name):
    """What a `.dvc` file says: the md5 of its data, and the name of the remote."""
    text = (DATA / name).read_text(encoding="utf-8")
    values = dict(re.findall(r"^[- ] (md5|remote): *['\"]?([^'\"\s]+)", text, re.MULTILINE))
    if not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", values.get("md5", "")):
        raise Different(f"{DATA / name} names no md5")
    return values["md5"], values.get("remote")


def remote_options(name):
    """The options of a remote in `.dvc/config`; without a name, of the default one."""
    config = configparser.RawConfigParser(strict=False)
    config.read(DATA.parent / ".dvc" / "config", encoding="utf-8")
    name = name or config.get("core", "remote", fallback="")
    sections = {section.strip("'").lower(): section for section in config.sections()}
    section = sections.get(f'remote "{name}"'.lower())
    if section is None or not config.has_option(section, "url"):
        raise Different(f"{DATA.parent / '.dvc' / 'config'} has no address of the remote {name!r}")
    return {option: value.strip("'\"") for option, value in config.items(section)}


def signed_headers(url, region, now):
    """The headers by which S3 knows us (Signature Version 4), from AWS_*; none without a key."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not (key and secret):
        return {}
    parts, empty = urllib.parse.urlsplit(url), hashlib.sha256(b"").hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": empty, "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}"}
    if os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"GET\n{parts.path}\n\n{lines}\n{names}\n{empty}"
    scope = f"{now:%Y%m%d}/{region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    del headers["host"]  # urllib sends it
    value = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": value}


def s3_address(options):
    """The https address of a remote `s3://BUCKET/PATH`, and its region."""
    bucket, _, path = options["url"][len("s3://") :].partition("/")
    region = options.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    endpoint = options.get("endpointurl") or os.environ.get("AWS_ENDPOINT_URL")
    base = f"{endpoint.rstrip('/')}/{bucket}" if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"
    return f"{base}/{urllib.parse.quote(path)}".rstrip("/"), region


def opened(options, name):
    """An object of a remote, open for reading."""
    url, place = options["url"], f"files/md5/{name[:2]}/{name[2:]}"
    scheme = url.partition("://")[0] if "://" in url else "file"
    if scheme == "file":
        return open(DATA.parent / ".dvc" / urllib.parse.unquote(re.sub("^file://", "", url)) / place, "rb")
    if scheme in ("http", "https"):
        return urllib.request.urlopen(f"{url.rstrip('/')}/{place}", timeout=SECONDS)
    if scheme == "s3":
        address, region = s3_address(options)
        headers = signed_headers(f"{address}/{place}", region, datetime.now(timezone.utc))
        request = urllib.request.Request(f"{address}/{place}", headers=headers)
        return urllib.request.urlopen(request, timeout=SECONDS)
    raise Different(f"this script knows no {scheme}:// (use dvc pull)")


def shown(options):
    """The address of a remote, without what somebody may have written before an @."""
    return re.sub("//[^/]*@", "//", options["url"])


def download(options, name, target):
    """Writes an object to a file, and returns its sha256; its name is its md5."""
    md5, sha256 = hashlib.new("md5", usedforsecurity=False), hashlib.sha256()
    try:
        with opened(options, name) as source, target.open("wb") as file:
            for block in iter(lambda: source.read(1 << 20), b""):
                md5.update(block)
                sha256.update(block)
                file.write(block)
    except OSError as error:  # urllib's errors, too
        raise Different(f"the remote {shown(options)} does not give {name}: {error}") from error
    if md5.hexdigest() != name[:32]:
        raise Different(f"the remote {shown(options)} gives {md5.hexdigest()} for {name}")
    return sha256.hexdigest()


def pull_csv(folder):
    """Downloads the CSV; its sha256 has to be that of `datapackage.json`."""
    name, remote = pointer("apod_data.csv.dvc")
    sha256 = download(remote_options(remote), name, folder / "apod_data.csv")
    described = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))["resources"][0]
    if sha256 != described.get("sha256", sha256):  # versions before 2026-12 do not say it
        raise Different(f"apod_data.csv has the sha256 {sha256}, not {described['sha256']}")
    print(f"apod_data.csv  md5 {name}  sha256 {sha256}")


def prove_records(path):
    """Each record of a month has to have the sha256 that its line says."""
    for line in path.read_bytes().splitlines():
        observation = json.loads(line)
        canonical = json.dumps(
            observation.get("record", observation.get("absent")), sort_keys=True, separators=(",", ":")
        )
        if hashlib.sha256(canonical.encode()).hexdigest() != observation["sha256"]:
            raise Different(f"{path.name} holds a record of {observation['date']} that is not what NASA said")


def pull_raw(folder):
    """Downloads the months that the listing of `raw.dvc` names."""
    name, remote = pointer("raw.dvc")
    options, listing = remote_options(remote), folder / "listing"
    download(options, name, listing)
    months = json.loads(listing.read_bytes())
    listing.unlink()
    for month in months:
        target = folder / "raw" / month["relpath"]
        if (folder / "raw").resolve() not in target.resolve().parents:
            raise Different(f"the listing {name} names {month['relpath']}, which is outside of raw/")
        target.parent.mkdir(parents=True, exist_ok=True)
        download(options, month["md5"], target)
        prove_records(target)
    print(f"raw/           md5 {name}  {len(months)} months, each record proven")


def put(source, target):
    """Puts a file or folder in the place of another one, which goes only when the new one stands."""
    before = target.with_name(f".{target.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if target.is_dir():
        target.rename(before)
    source.replace(target)
    shutil.rmtree(before, ignore_errors=True)


def main():
    """Downloads into a folder of its own, and puts what is proven in place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", action="store_true", help="what NASA's services said, too")
    parser.add_argument("--to", type=Path, default=DATA, metavar="FOLDER", help="where to; default: beside this file")
    wanted = parser.parse_args()
    wanted.to.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".pull-", dir=wanted.to) as name:
            folder = Path(name)
            pull_csv(folder)
            if wanted.raw:
                pull_raw(folder)
            for path in sorted(folder.iterdir()):
                put(path, wanted.to / path.name)
    finally:
        if not any(wanted.to.iterdir()):
            wanted.to.rmdir()


if __name__ == "__main__":
    try:
        main()
    except (Different, OSError, KeyError, ValueError) as problem:
        sys.exit(f"{type(problem).__name__}: {problem}. Nothing was changed.")
