// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import "fmt"

// Secret is 32 bytes that must never be seen. However it is printed, logged or
// turned into JSON or text, it reads "[secret]"; only a conversion to [32]byte
// gives it away. Do not keep one in an unexported field of a type that may be
// printed: package fmt looks into those without asking.
type Secret [32]byte

const secretWord = "[secret]"

// Format writes "[secret]" whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secretWord)) }

// String returns "[secret]".
func (s Secret) String() string { return secretWord }

// GoString returns "[secret]".
func (s Secret) GoString() string { return secretWord }

// MarshalText returns "[secret]", which is also what JSON and logs get.
func (s Secret) MarshalText() ([]byte, error) { return []byte(secretWord), nil }
