-- turns_message: which turn a message asked, where it is taken back, reacted to or has a thread.
-- A turn may be erased alone now, so its session counts its messages without it.
-- root: the turn of the message that a thread hangs on; its pair is the oldest of the history.
-- Outbox rows of delivered answers stay with their turn: they tell which turn a message is of.

CREATE INDEX turns_message ON turns (place, message) WHERE message IS NOT NULL;

CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
  UPDATE sessions SET messages = messages - (1 - OLD.taken_back) * (1 + (OLD.seq IS NOT NULL))
    WHERE id = OLD.session;
END;

ALTER TABLE sessions ADD COLUMN root INTEGER REFERENCES turns (id) ON DELETE SET NULL;
CREATE INDEX sessions_root ON sessions (root);
CREATE INDEX sessions_any ON sessions (place);

DROP INDEX outbox_age;
CREATE INDEX outbox_age ON outbox (made_at) WHERE turn IS NULL OR message IS NULL;
