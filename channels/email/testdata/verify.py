"""Verifies the DKIM signatures of a mail with Debian's python3-dkim. The input is a line of
JSON with the keys by name, then the mail. Prints for each signature what became of it."""
import json, sys
import dkim

raw = sys.stdin.buffer.read()
line, mail = raw.split(b"\n", 1)
records = json.loads(line)

def dnsfunc(name, timeout=5):
    return records[name.decode().rstrip(".")].encode()

d = dkim.DKIM(mail, minkey=1024)
results = []
for i in range(sum(1 for name, _ in d.headers if name.lower() == b"dkim-signature")):
    ok = d.verify(idx=i, dnsfunc=dnsfunc)
    covered = [h.decode().lower() for h in d.signature_fields.get(b"h", b"").split(b":")]
    results.append({"ok": ok, "domain": d.domain.decode(), "selector": d.selector.decode(), "algorithm": d.signature_fields[b"a"].decode(), "covers": [c.strip() for c in covered]})
print(json.dumps(results))
