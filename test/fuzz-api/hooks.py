"""Hooks of Schemathesis: requests about things that exist, each under a key of its own.

What is generated from a schema alone names accounts that nobody has, and reuses the shortest keys,
so that nearly everything ends as a 404 or a 422. Four times of five a well-formed id is replaced by
a real one of its kind, and a well-formed key by a fresh one. What is malformed stays as it is.

Requests that are meant to be well-formed also keep the few rules that a schema cannot say: a cursor
is signed, one time is asked for at once and at a level that is kept, what a batch captures or voids is
either a hold or an item before it, and the columns of a statement are those of the file.
"""

import json
import os
import random
import re
import uuid

import schemathesis

ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
KEY = re.compile(r'^("[!#-~]{1,255}"|[!#-~]{1,255})$')
NOBODYS = "0192f0c3-06fe-7c55-bb02-9e3d5a7c8f16"
UPLOAD = re.compile(r"^[0-9a-f]{32}$")
KINDS = {
    kind: f"{kind}Id"
    for kind in (
        "account",
        "transfer",
        "hold",
        "intake",
        "endpoint",
        "monitor",
        "delivery",
        "reconciliation",
        "upload",
    )
}
KEPT = 200

chance = random.Random(int(os.environ.get("ATLAS_FUZZ_SEED", "0")))
known = json.loads(os.environ.get("ATLAS_FUZZ_IDS", "{}"))


def kind_of(name):
    for kind in KINDS:
        if name.lower().endswith(f"{kind}id"):
            return kind
    return None


def often():
    return chance.random() < 0.8


def real(name, value):
    if not isinstance(value, str):
        return value
    ids = known.get(kind_of(name) or "", [])
    if ids and (ID.match(value) or UPLOAD.match(value)) and often():
        return chance.choice(ids)
    # A name would be looked up, by whatever this machine asks about names.
    if name == "url" and value.startswith("http"):
        return "http://127.0.0.1:1/"
    is_asset = name == "asset" and "EUR" in known.get("asset", [])
    if is_asset and re.match(r"^[A-Za-z]", value) and often():
        return "EUR"
    return value


def realised(node, name=""):
    if isinstance(node, dict):
        return {key: realised(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [realised(one, name) for one in node]
    return real(name, node)


def keep_query_rules(query):
    query.pop("cursor", None)
    if "asOf" in query:
        query.pop("effectiveAt", None)
    is_past = "asOf" in query or "effectiveAt" in query
    if is_past or query.get("consistency") in ("session", "bounded"):
        query.pop("consistency", None)


def keep_batch_rules(items):
    for item in items:
        if isinstance(item, dict) and item.get("type") in ("capture", "void"):
            item.pop("item", None)
            item["holdId"] = chance.choice(known.get("hold") or [NOBODYS])


def keep_statement_rules(csv):
    csv["delimiter"] = ","
    csv["dateFormat"] = "yyyy-MM-dd"
    csv["decimalSeparator"] = "."
    csv["columns"] = {"date": "Date", "amount": "Amount", "reference": "Text"}


@schemathesis.hook
def before_call(context, case, kwargs):
    # What is deleted is what a walk along the links has made itself: another one may still need the others.
    for place in (case.path_parameters, case.query) if case.method != "DELETE" else ():
        for name, value in list((place or {}).items()):
            place[name] = real(name, value)
    if isinstance(case.body, (dict, list)):
        case.body = realised(case.body)
    if case.meta is not None and case.meta.generation.mode.is_positive:
        if case.query:
            keep_query_rules(case.query)
        if isinstance(case.body, dict) and isinstance(case.body.get("items"), list):
            keep_batch_rules(case.body["items"])
        if isinstance(case.body, dict) and isinstance(case.body.get("csv"), dict) and often():
            keep_statement_rules(case.body["csv"])
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    # The answer of a key that is used again may be about what has been deleted meanwhile.
    is_deletable = case.path.endswith(("/webhooks/endpoints", "/monitors"))
    if isinstance(key, str) and KEY.match(key) and (is_deletable or often()):
        headers["Idempotency-Key"] = str(uuid.UUID(int=chance.getrandbits(128)))


@schemathesis.hook
def after_call(context, case, response):
    if case.method == "DELETE" and response.status_code < 300:
        for name, value in (case.path_parameters or {}).items():
            ids = known.get(kind_of(name) or "", [])
            known[kind_of(name) or ""] = [one for one in ids if one != value]
    if response.status_code not in (200, 201, 202):
        return
    try:
        body = response.json()
    except ValueError:
        return
    if not isinstance(body, dict):
        return
    for kind, name in KINDS.items():
        if isinstance(body.get(name), str):
            known[kind] = (known.get(kind, []) + [body[name]])[-KEPT:]
