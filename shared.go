package andante

import (
	"slices"
	"strings"
)

// roles are what the mailboxes of several people are called, in the languages of our texts
// (RFC 2142 and what is common).
var roles = []string{
	"info", "information", "office", "contact", "mail", "email", "post", "hello", "hi", "team", "all", "everyone", "staff", "company", "reception", "frontdesk", "enquiries", "enquiry",
	"inquiries", "inquiry", "admin", "administration", "administrator", "webmaster", "hostmaster", "web", "sales", "orders", "order", "support", "help", "helpdesk", "service", "customerservice",
	"customercare", "accounts", "accounting", "accountspayable", "billing", "invoice", "invoices", "finance", "payroll", "purchasing", "procurement", "marketing", "press", "media", "news",
	"newsletter", "hr", "jobs", "careers", "legal", "privacy", "security", "it", "shop", "store", "bookings", "booking", "reservations", "secretary", "management",
	"kontakt", "buero", "büro", "hallo", "zentrale", "empfang", "rezeption", "sekretariat", "verwaltung", "vertrieb", "verkauf", "bestellung", "bestellungen", "kundenservice",
	"kundendienst", "hilfe", "buchhaltung", "rechnung", "rechnungen", "einkauf", "presse", "personal", "bewerbung", "geschaeftsfuehrung", "geschäftsführung", "praxis", "kanzlei", "werkstatt",
	"bonjour", "accueil", "bureau", "contactez-nous", "secretariat", "secrétariat", "direction", "commercial", "ventes", "commandes", "comptabilite", "comptabilité", "facturation", "achats", "rh",
	"hola", "contacto", "correo", "oficina", "recepcion", "recepción", "secretaria", "secretaría", "ventas", "comercial", "pedidos", "ayuda", "servicio", "administracion", "administración",
	"contabilidad", "facturas", "facturacion", "facturación", "compras", "prensa", "rrhh", "direccion", "dirección",
}

// SharedMailbox tells whether an address is, by its name, that of several people: info@, office@.
func SharedMailbox(address string) bool {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return false
	}
	box, _, _ := strings.Cut(strings.ToLower(address[:i]), "+")
	return slices.Contains(roles, box)
}

// As is the contact as a touch of a kind may call it: a mail to a mailbox of several people has no
// name, for who reads it may be another.
func (c Contact) As(k Kind) Contact {
	if k == Email && SharedMailbox(c.Email) {
		c.FirstName, c.LastName = "", ""
	}
	return c
}
