-- keepsakes: what a messenger must find again at the next start, sealed for the host.

CREATE TABLE keepsakes (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
