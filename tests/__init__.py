"""The agreement matrix, and the tests of the judge itself."""
