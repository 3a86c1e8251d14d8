"""Puts the published rx/1 JSON Schema into the OpenAPI document."""

from typing import Any

from audit_rules import document as rx


def add_document_schema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular post-processing hook: components.schemas gains `Rx1` and its parts."""
    schema = rx.schema()
    parts = schema.pop("$defs", {})
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for name, part in parts.items():
        schemas[f"Rx1{name}"] = _moved(part)
    schemas["Rx1"] = _moved(schema)
    for path in ("/api/v1/prescriptions", "/api/v1/prescriptions/{id}/amend", "/api/v1/precheck"):
        body = result["paths"].get(path, {}).get("post", {}).get("requestBody", {}).get("content", {})
        for content in body.values():
            one = {"$ref": "#/components/schemas/Rx1"}
            many = {"type": "array", "items": one, "minItems": 1, "maxItems": 100}
            content["schema"] = {"oneOf": [one, many]} if path == "/api/v1/prescriptions" else one
    return result


def _moved(part: Any) -> Any:
    """`#/$defs/X` → `#/components/schemas/Rx1X`."""
    if isinstance(part, dict):
        return {
            k: v.replace("#/$defs/", "#/components/schemas/Rx1") if k == "$ref" else _moved(v)
            for k, v in part.items()
            if k not in ("$schema", "$id")
        }
    return [_moved(v) for v in part] if isinstance(part, list) else part
