// Reads a mail as npm's mailparser does and prints what it understood as JSON.
const { simpleParser } = require('mailparser');
const { createHash } = require('crypto');

simpleParser(process.stdin, { keepCidLinks: true, skipTextToHtml: true, skipHtmlToText: true }).then((m) => {
  const mailbox = (a) => ({ name: a.value[0].name, address: a.value[0].address });
  const list = m.headers.get('list') || {};
  console.log(JSON.stringify({
    subject: m.subject, from: mailbox(m.from), to: mailbox(m.to), text: m.text || '', html: m.html || '',
    files: m.attachments.map((a) => ({
      name: a.filename, type: a.contentType, cid: a.cid || '', inline: a.contentDisposition === 'inline',
      sha256: createHash('sha256').update(a.content).digest('hex'),
    })),
    messageId: m.messageId.replace(/[<>]/g, ''),
    references: [].concat(m.references || []).map((r) => r.replace(/[<>]/g, '')),
    unsubscribe: list.unsubscribe ? list.unsubscribe.url : '', defects: [],
  }));
});
