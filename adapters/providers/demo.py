"""The demo model server: a vendor's API on a loopback socket within this process.

It is reached through the ordinary adapter, so that trying Hearthkey without a key tries all of
it: HTTP, streaming, usage, a rejected key.
"""

import asyncio
import contextlib
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web

from adapters.providers.demo_answers import answer_to, long_answer

DEFAULT_TOKENS_PER_S: Final = 40.0
_BAD_KEY: Final = "bad"
_CONTEXT_TOKENS: Final = 8_192
_MODELS: Final = {
    "hearthkey-demo": "Hearthkey demo",
    "hearthkey-demo-long": "Hearthkey demo, long",
}
_CLOSE_WITHIN_S: Final = 1.0


class _Message(msgspec.Struct):
    role: str
    content: str


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class _Question(msgspec.Struct, kw_only=True):
    model: str
    messages: list[_Message]
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    tokens: tuple[str, ...]
    reason: str
    usage: dict[str, int]


class DemoServer:
    """Listens on a random port of 127.0.0.1, under a path that is another one at each start."""

    def __init__(self, *, tokens_per_s: float = DEFAULT_TOKENS_PER_S) -> None:
        """Take the pace, 0 for as fast as can be; does no I/O."""
        self._pause_s = 1 / tokens_per_s if tokens_per_s else 0.0
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen, and return the base URL, which is a secret of this run."""
        path = f"/{secrets.token_urlsafe(16)}/v1"
        app = web.Application()
        app.router.add_get(f"{path}/models", self._models)
        app.router.add_post(f"{path}/chat/completions", self._complete)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=_CLOSE_WITHIN_S
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}{path}"

    async def close(self) -> None:
        """Stop listening and end what is still being answered."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _models(self, request: web.Request) -> web.Response:
        if (refusal := _refuse_key(request)) is not None:
            return refusal
        rows = [
            {"id": name, "object": "model", "name": label, "context_length": _CONTEXT_TOKENS}
            for name, label in _MODELS.items()
        ]
        return _json({"object": "list", "data": rows})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if (refusal := _refuse_key(request)) is not None:
            return refusal
        try:
            question = msgspec.json.decode(await request.read(), type=_Question)
        except msgspec.DecodeError as error:
            return _refusal(400, str(error), "invalid_request_error", "invalid_value")
        if question.model not in _MODELS:
            said = f"The model `{question.model}` does not exist"
            return _refusal(404, said, "invalid_request_error", "model_not_found")
        answer = _answer(question)
        if answer.usage["prompt_tokens"] > _CONTEXT_TOKENS:
            said = f"This model's maximum context length is {_CONTEXT_TOKENS} tokens"
            return _refusal(400, said, "invalid_request_error", "context_length_exceeded")
        head = {"id": f"chatcmpl-{secrets.token_hex(8)}", "model": question.model}
        if not question.stream:
            await asyncio.sleep(self._pause_s * len(answer.tokens))
            message = {"role": "assistant", "content": "".join(answer.tokens)}
            choice = {"index": 0, "message": message, "finish_reason": answer.reason}
            return _json({**head, "choices": [choice], "usage": answer.usage})
        has_usage = question.stream_options is not None and question.stream_options.include_usage
        return await self._stream(request, head, answer, has_usage=has_usage)

    async def _stream(
        self, request: web.Request, head: dict[str, str], answer: _Answer, *, has_usage: bool
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        with contextlib.suppress(ConnectionError):  # the reader may leave at any time: /stop
            await response.prepare(request)
            for token in answer.tokens:
                await response.write(_event({**head, "choices": [_choice({"content": token})]}))
                await asyncio.sleep(self._pause_s)
            last = {**head, "choices": [_choice({}, answer.reason)]}
            await response.write(_event(last))
            if has_usage:
                await response.write(_event({**head, "choices": [], "usage": answer.usage}))
            await response.write(b"data: [DONE]\n\n")
            await response.write_eof()
        return response


def _answer(question: _Question) -> _Answer:
    """Return what is answered, cut at the limit, and the count of it."""
    asked = next((m.content for m in reversed(question.messages) if m.role == "user"), "")
    text = long_answer() if question.model.endswith("-long") else answer_to(asked)
    tokens = tuple(re.findall(r"\S+\s*", text))
    limit = question.max_completion_tokens or question.max_tokens or len(tokens)
    sent = sum(len(message.content.encode()) // 4 + 4 for message in question.messages)
    kept = tokens[:limit]
    return _Answer(
        tokens=kept,
        reason="stop" if len(kept) == len(tokens) else "length",
        usage={
            "prompt_tokens": sent,
            "completion_tokens": len(kept),
            "total_tokens": sent + len(kept),
        },
    )


def _refuse_key(request: web.Request) -> web.Response | None:
    """Return a vendor's refusal of the key, or None if it will do."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip() not in {"", _BAD_KEY}:
        return None
    said = "Incorrect API key provided. Any key but `bad` works with the demo."
    return _refusal(401, said, "invalid_request_error", "invalid_api_key")


def _refusal(status: int, said: str, kind: str, code: str) -> web.Response:
    error = {"message": said, "type": kind, "param": None, "code": code}
    return _json({"error": error}, status=status)


def _json(said: Any, *, status: int = 200) -> web.Response:  # noqa: ANN401  (any JSON)
    return web.Response(
        body=msgspec.json.encode(said), status=status, content_type="application/json"
    )


def _choice(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


def _event(said: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(said) + b"\n\n"
