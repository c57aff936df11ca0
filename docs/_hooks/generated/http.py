"""The routes of `rag serve` and the objects that go over the wire, from the server's own OpenAPI description."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from generated.markdown import code, shown, table
from generated.translation import translated
from rag.serving.app import make_api

_LABELS = {
    "en": {
        "field": "Field", "type": "Type", "meaning": "Meaning", "parameter": "Parameter", "in": "In", "body": "Body",
        "reply": "Reply", "errors": "Errors", "status": "Status", "objects": "Objects", "required": "required",
        "list": "list of {0}", "or": "or", "null": "null", "any": "anything", "dict": "object of {0}",
        "colon": ":", "header": "header", "path": "path", "query": "query", "routes": "Routes",
    },
    "fr": {
        "field": "Champ", "type": "Type", "meaning": "Sens", "parameter": "Paramètre", "in": "Où", "body": "Corps",
        "reply": "Réponse", "errors": "Erreurs", "status": "Statut", "objects": "Objets", "required": "obligatoire",
        "list": "liste de {0}", "or": "ou", "null": "null", "any": "n'importe quoi", "dict": "objet de {0}",
        "colon": " :", "header": "en-tête", "path": "chemin", "query": "requête", "routes": "Routes",
    },
}  # fmt: skip
_OK = "200"
# FastAPI's own, in place of the server's error object.
_NOT_OURS = ("HTTPValidationError", "ValidationError")


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description. It is made of the routes and their types alone, so there is no service behind them."""
    nobody = cast(Any, None)
    return make_api(nobody).openapi()


def render(language: str) -> str:
    """Every route, then the errors that all share, then every object."""
    told, labels = description(), _LABELS[language]
    operations = [
        (method, path, operation) for path, methods in told["paths"].items() for method, operation in methods.items()
    ]
    routes = [_route(method.upper(), path, operation, language) for method, path, operation in operations]
    shared = {status: text for _, _, operation in operations for status, text in _errors(operation).items()}
    errors = table(
        [labels["status"], labels["meaning"]],
        [[code(status), shown(translated(text, language))] for status, text in sorted(shared.items())],
    )
    schemas = told["components"]["schemas"]
    objects = [_object(name, schemas[name], language) for name in sorted(schemas) if name not in _NOT_OURS]
    return "\n\n".join(
        [
            translated(told["info"]["description"], language),
            f"## {labels['routes']}",
            *routes,
            f"## {labels['errors']}",
            errors,
            f"## {labels['objects']}",
            *objects,
        ]
    )


def _errors(operation: dict[str, Any]) -> dict[str, str]:
    return {status: reply["description"] for status, reply in operation["responses"].items() if status != _OK}


def _route(method: str, path: str, operation: dict[str, Any], language: str) -> str:
    labels = _LABELS[language]
    parts = [
        f"### {code(f'{method} {path}')}",
        f"{translated(operation['summary'], language)}.",
        translated(operation.get("description", ""), language),
        table(
            [labels["parameter"], labels["in"], labels["type"], labels["meaning"]],
            [
                [
                    code(parameter["name"]),
                    labels[parameter["in"]],
                    _type(parameter["schema"], language),
                    shown(translated(parameter.get("description", ""), language)),
                ]
                for parameter in operation.get("parameters", [])
            ],
        ),
    ]
    if body := operation.get("requestBody"):
        schema = next(iter(body["content"].values()))["schema"]
        parts.append(f"{labels['body']}{labels['colon']} {_type(schema, language)}.")
    parts.append(_reply(operation["responses"][_OK], language))
    return "\n\n".join(filter(None, parts))


def _reply(reply: dict[str, Any], language: str) -> str:
    labels = _LABELS[language]
    kinds = [
        f"{code(kind)} {_type(content['schema'], language)}".strip()
        for kind, content in reply.get("content", {}).items()
    ]
    told = "" if reply["description"] == "Successful Response" else translated(reply["description"], language)
    return f"{labels['reply']}{labels['colon']} {', '.join(kinds)}. {told}".rstrip()


def _object(name: str, schema: dict[str, Any], language: str) -> str:
    labels = _LABELS[language]
    required = schema.get("required", [])
    rows = [
        [
            code(field),
            _type(about, language) + (f", {labels['required']}" if field in required else ""),
            shown(translated(about.get("description", ""), language)),
        ]
        for field, about in schema.get("properties", {}).items()
    ]
    parts = [
        f"### {name} {{ #{anchor(name)} }}",
        translated(schema.get("description", ""), language),
        table([labels["field"], labels["type"], labels["meaning"]], rows) if rows else _type(schema, language),
    ]
    return "\n\n".join(filter(None, parts))


def anchor(name: str) -> str:
    """Where the object `name` is described on its page."""
    return f"object-{name.lower()}"


def _type(schema: dict[str, Any], language: str) -> str:
    labels = _LABELS[language]
    either = f" {labels['or']} "
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{anchor(name)})"
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return either.join(dict.fromkeys(_type(one, language) for one in several))
    if values := schema.get("enum") or [schema[name] for name in ("const",) if name in schema]:
        return either.join(code(f'"{value}"') for value in values)
    return _plain_type(schema, language)


def _plain_type(schema: dict[str, Any], language: str) -> str:
    labels = _LABELS[language]
    kind = schema.get("type")
    if kind == "array":
        return labels["list"].format(_type(schema.get("items", {}), language))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return labels["dict"].format(_type(schema["additionalProperties"], language))
    return code(kind) if kind else labels["any"]
