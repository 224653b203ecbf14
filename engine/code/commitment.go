// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Salt is what the leaf of a tag is hidden with, drawn from the key: whoever does not have it learns nothing from a leaf.
func (k Key) Salt(ordinal int64) []byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write(binary.BigEndian.AppendUint64([]byte("spoor salt 1\n"), uint64(ordinal)))
	return mac.Sum(nil)
}

// Leaf is what stands for a tag in the tree that binds a registry: SHA-256 of salt, place, hash of the tag and codeword. It
// gives none of them away, and fits no other. ordinal is the place in the registry, from 1.
func Leaf(ordinal int64, salt, tagHash []byte, word *Word) []byte {
	h := sha256.New()
	h.Write([]byte("spoor codeword 1\n"))
	h.Write(salt)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(ordinal)))
	h.Write(tagHash)
	h.Write(word.Bytes())
	return h.Sum(nil)
}

// TagHash is what stands for the text of a tag in its leaf, so that a word can be shown without it.
func TagHash(salt []byte, tag string) []byte {
	h := sha256.New()
	h.Write([]byte("spoor tag 1\n"))
	h.Write(salt)
	h.Write([]byte(tag))
	return h.Sum(nil)
}
