"""`./apod`: what its commands parse and print; the work is done in `local.stack` and `include.apod`."""
