"""A stand-in of NASA's two services for the Astronomy Picture of the Day. docs/stand-in.md is its manual."""
