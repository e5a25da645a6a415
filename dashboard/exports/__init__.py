"""Files that leave the screens: the record of an incident as a document and as a table."""
