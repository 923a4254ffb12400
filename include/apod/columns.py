"""The columns of the CSV and the table, in their order: the one place that names them."""

COLUMNS = {
    "date": "Day of the picture, US Eastern.",
    "title": "Title.",
    "explanation": "Text that goes with the picture.",
    "media_type": "`image`, `video` or `other`.",
    "url": "The picture or video; empty where NASA gives none.",
    "hdurl": "The picture in full size; images only.",
    "thumbnail_url": "Still of a video, where NASA gives one.",
    "copyright": "Holder of the rights, as NASA names them; empty says nothing about the rights.",
    "page_url": "The page of the day at apod.nasa.gov.",
}
HEADER = ",".join(COLUMNS).encode() + b"\n"
