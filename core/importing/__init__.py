"""Files become rows: readers by format, detection, mapping, shapes, and the staging of a checked import."""
