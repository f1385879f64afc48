"""The published figures of public data sets, through the app's own import and its own functions: `make reproduce`."""
