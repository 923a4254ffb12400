"""The release (`apod_version`, after the version): files at an address, for people without git, DVC or our tools."""
