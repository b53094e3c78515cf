-- name: what a member was called last, sealed; NULL until they have written.
-- moved_chats: a chat that has another id now; what still names the old one finds the new one here.
-- outbox_message: whose a message is, asked at every press of a button in a group.

ALTER TABLE members ADD COLUMN name BLOB;

CREATE TABLE moved_chats (
  frontend TEXT NOT NULL,
  chat     TEXT NOT NULL,
  new_chat TEXT NOT NULL,
  PRIMARY KEY (frontend, chat)
) WITHOUT ROWID;

CREATE INDEX outbox_message ON outbox (place, message) WHERE message IS NOT NULL;
