"""What people ask of versions that exist: list, compare, trace a day, restore, reproduce, verify, and thin out."""
