"""What runs on one machine: the stand-in of NASA's services, the embedded stack, and the command line."""
