"""Reads a mail as Python's email package does and prints what it understood as JSON."""
import email, email.policy, hashlib, json, sys

raw = sys.stdin.buffer.read()
if raw.isascii():
    m = email.message_from_bytes(raw, policy=email.policy.default)
else:  # RFC 6532: the header is UTF-8
    m = email.message_from_string(raw.decode(), policy=email.policy.SMTPUTF8)

def body(kind):
    p = m.get_body(preferencelist=(kind,))
    return "" if p is None else p.get_content()

def mailbox(field):
    a = m[field].addresses[0]
    return {"name": a.display_name, "address": a.addr_spec}

files = []
for p in m.walk():
    if p.get_content_maintype() == "multipart" or p.get_content_disposition() is None:
        continue
    files.append({
        "name": p.get_filename(), "type": p.get_content_type(), "cid": (p["Content-ID"] or "").strip("<>"),
        "inline": p.get_content_disposition() == "inline", "sha256": hashlib.sha256(p.get_payload(decode=True)).hexdigest(),
    })
known = "local-part contains non-ASCII characters)"  # what RFC 6532 is about
defects = [str(d) for p in m.walk() for d in p.defects] + [str(d) for h in m.values() for d in getattr(h, "defects", [])]
defects = [d for d in defects if raw.isascii() or d != known]
print(json.dumps({
    "subject": m["Subject"].lstrip(),  # Python keeps the fold before a long first word
    "from": mailbox("From"), "to": mailbox("To"), "text": body("plain"), "html": body("html"), "files": files,
    "messageId": m["Message-ID"].strip("<>"), "references": [r.strip("<>") for r in (m["References"] or "").split()],
    "unsubscribe": (m["List-Unsubscribe"] or "").strip("<> "), "defects": defects,
}))
