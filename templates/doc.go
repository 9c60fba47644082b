// Package templates turns the words of a step and what is known of a contact
// into a message: subject, preview, HTML and plain text.
//
// A text is Markdown with Liquid. It is compiled once, in an order that keeps
// data from ever becoming code: Liquid tags are cut out of the Markdown and
// replaced by tokens of letters and digits, goldmark turns the rest into HTML
// and into plain text, and the tags go back by the place in which they then
// stand: text, an attribute, the start of an address or the inside of one.
// Contact data is filled in last, escaped for that place. The output is never
// given to Liquid or to goldmark again.
//
// Invariants:
//
//   - A value can't make Markdown, HTML, a link, a header or a Liquid tag, nor choose
//     the host of a link that the author began.
//   - Every branch of every {% if %} gives well-formed HTML: tags nest in
//     elements and elements nest in tags.
//   - Compiling is bounded in tags and in how deep they stand in each other.
//   - Rendering reads no file, no clock and no network; it is bounded in output,
//     in what a filter makes, in turns of loops, in depth of partials and in time.
//   - A [Template] is immutable and safe for concurrent use.
//
// The package does not know who gets a message, whether it may go, and what its
// bytes look like on the wire.
//
// # Liquid
//
// Tags: assign, if, unless, elsif, else, case, when, for, break, continue,
// render, include, comment, raw. A tag alone on its line stands between
// paragraphs, items of a list or rows of a table.
// Fields are written noun.name, such as contact.first_name. {% render "name",
// key: value %} puts in partials/name.md of the workspace's templates folder; a partial sees the fields and its own keys, nothing else,
// and include means the same. Filters are listed in [FilterNames]; none of them
// switches escaping off.
//
// # Layouts
//
// "letter" and "newsletter" are shipped; letter.html, letter.txt,
// newsletter.html and newsletter.txt in the workspace's templates folder
// replace them. A layout is HTML (or text) with Liquid and sees content,
// subject, preview, unsubscribe_url, language and the fields.
//
//	t, findings := templates.New(os.DirFS("templates"), nil)
//	tpl, findings := t.Compile(templates.Source{
//		File: "sequences/welcome.md", Kind: andante.Email, Layout: "letter",
//		Subject: "Welcome", Body: "Hello {{ contact.first_name | default: \"there\" }}",
//	})
//	message, err := tpl.Render(ctx, templates.Input{Values: values})
package templates
