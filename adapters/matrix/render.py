def content(reply, *, mentions=()):
    t = reply.text + (("\n" + reply.footer) if reply.footer else "")
    return {
        "msgtype": "m.text" if reply.kind.value == "answer" else "m.notice",
        "body": t,
        "m.mentions": {"user_ids": list(mentions)} if mentions else {},
    }


def edit_of(event, c):
    return {
        **c,
        "body": "* " + c["body"],
        "m.new_content": c,
        "m.mentions": {},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def in_thread(c, root, latest):
    return {
        **c,
        "m.relates_to": {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": latest},
        },
    }


def replying_to(c, e):
    return {**c, "m.relates_to": {"m.in_reply_to": {"event_id": e}}}


def split_reply(r):
    return [r]


class Preview:
    def show(self, t):
        return {"msgtype": "m.text", "body": t} if t else None
