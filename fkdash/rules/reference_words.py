"""The words that people put into names of columns that refer to something, and into names of tables."""

from __future__ import annotations

from typing import Final

KEY_WORDS: Final = frozenset({"id", "uuid", "guid", "key", "code", "fk", "pk", "ref", "no", "uid", "oid", "sk"})
FIRST_WORDS: Final = frozenset({"fk", "id"})
COMMON_KEYS: Final = frozenset({"id", "uuid", "guid", "key", "code", "name", "oid", "pk", "rowid", "sid"})
DESCRIBING: Final = frozenset(
    [
        "address",
        "amount",
        "body",
        "caption",
        "comment",
        "comments",
        "content",
        "date",
        "description",
        "details",
        "hash",
        "label",
        "message",
        "note",
        "notes",
        "number",
        "path",
        "position",
        "reference",
        "remark",
        "remarks",
        "subject",
        "summary",
        "text",
        "title",
        "uri",
        "url",
        "value",
        "version",
    ]
)
"""What a table says of its rows rather than what they are known by, also where it happens to be a key."""
ITSELF: Final = frozenset(
    {"parent", "root", "ancestor", "previous", "prev", "next", "replyto", "inreplyto", "duplicateof", "forkedfrom"}
)
ACTORS: Final = frozenset(
    [
        "actor",
        "admin",
        "approver",
        "assignee",
        "assigner",
        "author",
        "canceler",
        "coach",
        "creator",
        "editor",
        "executor",
        "follower",
        "inviter",
        "invitee",
        "lead",
        "maintainer",
        "manager",
        "modifier",
        "orderer",
        "owner",
        "performer",
        "publisher",
        "receiver",
        "recipient",
        "reporter",
        "requester",
        "reviewer",
        "salesman",
        "sender",
        "submitter",
        "supervisor",
        "updater",
        "uploader",
    ]
)
WHO: Final = ACTORS | {"by", "user"}
WHO_ACTS: Final = ("user", "account", "person", "employee", "member", "appuser", "profile")
"""The tables of those who act, the likeliest first."""
FROM_ELSEWHERE: Final = frozenset(
    [
        "aws",
        "azure",
        "discord",
        "ext",
        "external",
        "facebook",
        "github",
        "gitlab",
        "google",
        "jira",
        "legacy",
        "oauth",
        "paypal",
        "provider",
        "remote",
        "session",
        "slack",
        "stripe",
        "telegram",
        "trace",
        "twilio",
        "twitter",
        "upstream",
    ]
)
"""Words that say that a value is somebody else's key."""
SHORT_FOR: Final = {
    "acct": "account",
    "addr": "address",
    "app": "application",
    "cat": "category",
    "categ": "category",
    "cfg": "config",
    "cust": "customer",
    "dept": "department",
    "doc": "document",
    "emp": "employee",
    "env": "environment",
    "grp": "group",
    "img": "image",
    "inv": "invoice",
    "loc": "location",
    "mgr": "manager",
    "msg": "message",
    "org": "organization",
    "perm": "permission",
    "prod": "product",
    "proj": "project",
    "pub": "publisher",
    "repo": "repository",
    "sub": "subscription",
    "tmpl": "template",
    "usr": "user",
    "wf": "workflow",
    "ws": "workspace",
}
IRREGULAR: Final = {"people": "person", "children": "child", "men": "man", "women": "woman", "indices": "index"}
DID: Final = frozenset({"create", "delete", "modify", "update", "write"})
"""`create_uid`: what somebody did to the row, before a word for somebody's key."""
DONE_TO: Final = frozenset({"assigned", "delegated", "escalated"})
"""`assigned_to_id`: a person comes after these and `to`."""
WAYS: Final = frozenset({"down", "from", "to", "up"})
"""`issue_from_id`: which of two, after the word for what they are."""
WHICH: Final = frozenset({"default", "new", "old", "parent", "source", "target"})
"""`parent_location`: which one, before a word for it."""
NUMBERS: Final = frozenset(
    {"action", "event", "level", "operator", "order", "position", "result", "state", "value", "version"}
)
"""What by itself, without a word for a key, is a number more often than a reference."""
