-- turns_message: which turn a message asked, where it is taken back, reacted to or has a thread.
-- A turn may be erased alone now, so its session counts its messages without it.

CREATE INDEX turns_message ON turns (place, message) WHERE message IS NOT NULL;

CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
  UPDATE sessions SET messages = messages - (1 - OLD.taken_back) * (1 + (OLD.seq IS NOT NULL))
    WHERE id = OLD.session;
END;
