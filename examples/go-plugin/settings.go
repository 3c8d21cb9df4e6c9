// Package goplugin holds what Dkron's hosts and plugins agree on.
package goplugin

import "github.com/hashicorp/go-plugin"

// Handshake is what a host says in the environment of its plugins. The cookie keeps people from starting plugins by
// hand; it is no secret.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "DKRON_PLUGIN_MAGIC_COOKIE",
	MagicCookieValue: "b29a76488b6f3ca7955c5f769b50641f0fcd88748d8cedecda313d516320ca19",
}
