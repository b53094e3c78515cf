"""Google's checks of what it is sent, in its words. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

Refusal = tuple[int, dict[str, Any]]

STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FIELDS: Final = {
    "contents", "systemInstruction", "generationConfig", "safetySettings", "tools", "toolConfig",
    "cachedContent", "serviceTier", "store", "labels", "continuationToken",
}  # fmt: skip
_CONFIG_FIELDS: Final = {
    "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed",
    "responseMimeType", "responseSchema", "responseModalities", "thinkingConfig",
    "mediaResolution", "presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs",
}  # fmt: skip
_PART_FIELDS: Final = {"text", "inlineData", "fileData", "thought", "thoughtSignature"}
_THINKING_FIELDS: Final = {"includeThoughts", "thinkingBudget", "thinkingLevel"}
_LEVELS: Final = {"MINIMAL", "LOW", "MEDIUM", "HIGH"}
_NO_MINIMAL: Final = re.compile(r"gemini-(3\.[78]-flash|3\.1-pro|4)")
_UNKNOWN_MODEL: Final = re.compile(r"(?!gemini-|gemma-|sim-|\[sim )")


def error(status: int, message: str, *details: dict[str, Any], word: str = "") -> dict[str, Any]:
    """Return an error body."""
    word = word or STATUSES.get(status, "UNKNOWN")
    said: dict[str, Any] = {"code": status, "message": message, "status": word}
    return {"error": {**said, **({"details": list(details)} if details else {})}}


def info(reason: str) -> dict[str, Any]:
    """Return the detail that names a reason."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com"}


def refuse_key(headers: Mapping[str, str], query: str, *, is_chat: bool) -> Refusal | None:
    """Return the refusal of a key; None if it will do. A list asks for no credit."""
    if "authorization" in headers or "key=" in query:
        return _bad("Multiple authentication credentials received. Please pass only one.")
    key = headers.get("x-goog-api-key", "")
    if not key:
        said = "Method doesn't allow unregistered callers (callers without established identity)."
        return 403, error(
            403, f"{said} Please use API Key or other form of API consumer identity."
        )
    if key == "bad":
        said = "API key not valid. Please pass a valid API key."
        return 400, error(400, said, info("API_KEY_INVALID"))
    if key == "barred":
        said = "Requests to this API generativelanguage.googleapis.com method are blocked."
        return 403, error(403, said, info("API_KEY_SERVICE_BLOCKED"))
    if key == "poor" and is_chat:
        said = "Your prepayment credits are depleted. Please go to AI Studio to add some."
        return 402, error(402, said)
    return None


def refuse_body(model: str, body: dict[str, Any], refuses: str) -> Refusal | None:
    """Return the refusal of a question; None if every field is as it should be."""
    if _UNKNOWN_MODEL.match(model):
        said = f"models/{model} is not found for API version v1beta, or is not supported"
        return 404, error(404, f"{said} for generateContent. Call ListModels to see the list.")
    body = _camel(body)
    config = body.get("generationConfig", {})
    said = (
        _not_taken(model, body, refuses)
        or _unknown(body, _FIELDS, "")
        or _unknown(config, _CONFIG_FIELDS, "generation_config")
        or _store(body)
        or _contents(body.get("contents"))
        or _instruction(body.get("systemInstruction"))
        or _numbers(config)
        or _thinking(model, config.get("thinkingConfig", {}))
    )
    return _bad(said) if said else None


def _camel(said: Any) -> Any:  # noqa: ANN401  (any JSON)
    """Return what was sent with one spelling of its names: Google takes `max_x` and `maxX`."""
    if isinstance(said, dict):
        return {
            re.sub("_([a-z])", lambda found: found[1].upper(), name): _camel(value)
            for name, value in said.items()
        }
    return [_camel(each) for each in said] if isinstance(said, list) else said


def _bad(said: str) -> Refusal:
    return 400, error(400, said)


def _not_taken(model: str, body: dict[str, Any], refuses: str) -> str:
    """Return what a model says that does not take one of the parameters of `Behaviour`."""
    config = body.get("generationConfig", {})
    if refuses == "temperature" and "temperature" in config:
        return "Unable to submit request because temperature is not supported by this model."
    if refuses == "max_tokens" and (most := config.get("maxOutputTokens")):
        said = f"Unable to submit request because it has a maxOutputTokens value of {most}"
        return f"{said} but the supported range is from 1 (inclusive) to 2 (exclusive)."
    if refuses == "system" and "systemInstruction" in body:
        return f"Developer instruction is not enabled for models/{model}"
    if refuses in {"effort", "thinking"} and "thinkingConfig" in config:
        return "Thinking is not supported by this model."
    return ""


def _unknown(said: dict[str, Any], names: set[str], where: str) -> str:
    name = next((name for name in said if name not in names), "")
    place = f" at '{where}'" if where else ""
    found = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
    return found if name else ""


def _store(body: dict[str, Any]) -> str:
    store = body.get("store", False)
    return "" if isinstance(store, bool) else f"Invalid value at 'store' (TYPE_BOOL), {store}"


def _contents(contents: Any) -> str:  # noqa: ANN401  (whatever was sent)
    if not isinstance(contents, list) or not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    roles = [each.get("role", "user") for each in contents]
    if set(roles) - {"user", "model"}:
        return "Please use a valid role: user, model."
    if any(role != ("user", "model")[number % 2] for number, role in enumerate(roles)):
        return "Please ensure that multiturn requests alternate between user and model."
    if roles[-1] != "user":
        return "Please ensure that the last turn is from the user."
    found = (_parts(each, f"contents[{number}]") for number, each in enumerate(contents))
    return next(filter(None, found), "")


def _parts(content: dict[str, Any], where: str) -> str:
    parts = content.get("parts")
    if not parts:
        return f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty."
    for number, part in enumerate(parts):
        if said := _unknown(part, _PART_FIELDS, f"{where}.parts[{number}]"):
            return said
        if not (part.get("text") or part.get("inlineData") or part.get("fileData")):
            place = f"GenerateContentRequest.{where}.parts[{number}].data"
            return f"* {place}: required oneof field 'data' must have one initialized field"
    return ""


def _instruction(said: Any) -> str:  # noqa: ANN401  (whatever was sent)
    return "" if said is None else _parts(said, "system_instruction")


def _numbers(config: dict[str, Any]) -> str:
    temperature, most = config.get("temperature", 1), config.get("maxOutputTokens", 1)
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 2:
        return "* GenerateContentRequest.generation_config.temperature: must be in [0.0, 2.0]."
    if not isinstance(most, int) or most < 1:
        return "max_output_tokens must be positive."
    return ""


def _thinking(model: str, said: dict[str, Any]) -> str:
    if found := _unknown(said, _THINKING_FIELDS, "generation_config.thinking_config"):
        return found
    budget, level = said.get("thinkingBudget"), said.get("thinkingLevel")
    has_no_minimal = _NO_MINIMAL.match(model) is not None
    refusals = {
        "You can only set only one of thinking budget and thinking level.": (
            budget is not None and level is not None
        ),
        f"Thinking is not enabled for models/{model}": said and model.startswith("gemma-"),
        "Budget 0 is invalid. This model only works in thinking mode.": (
            budget == 0 and model.startswith("gemini-2.5-pro")
        ),
        "Thinking level is not supported for this model.": (
            level is not None and model.startswith("gemini-2.5")
        ),
        f"Invalid value at 'generation_config.thinking_config.thinking_level', {level}": (
            level not in {None, *_LEVELS}
        ),
        "Thinking level MINIMAL is not supported for this model.": (
            level == "MINIMAL" and has_no_minimal
        ),
        "Thinking_config.include_thoughts is only enabled when thinking is enabled.": (
            said.get("includeThoughts") and budget == 0
        ),
    }
    return next((words for words, is_wrong in refusals.items() if is_wrong), "")
