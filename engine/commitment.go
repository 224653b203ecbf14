// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"spoor/engine/code"
)

// Commitment binds all codewords of a title by one hash: the root of a Merkle tree over its tags, in their order. It can
// be given to anybody: it tells nothing about tags or codewords.
type Commitment struct {
	Tags int64
	Root string // base64
}

// Opening shows one tag of a commitment, with the proof that it belongs to it.
type Opening struct {
	Ordinal int64 // from 1
	Tag     string
	Word    code.Word
	Salt    []byte
	TagHash []byte
	Proof   []string // base64, see tlog.CheckRecord
}

// Commit binds the registry of a title and opens some of its tags. It reads the whole registry: seconds and some 64 MB for
// a million tags.
func (e *Engine) Commit(ctx context.Context, titleID string, ordinals []int64) (Commitment, []Opening, error) {
	key, err := e.key(titleID)
	if err != nil {
		return Commitment{}, nil, err
	}
	tags, err := e.Tags(ctx, titleID, 0)
	if err != nil {
		return Commitment{}, nil, err
	}
	wanted := map[int64]int{}
	for i, n := range ordinals {
		wanted[n] = i
	}
	openings := make([]Opening, len(ordinals))
	var tree hashTree
	count := int64(0)
	for tag, err := range tags {
		if err != nil {
			return Commitment{}, nil, err
		}
		count++
		o := Opening{Ordinal: tag.Ordinal, Tag: tag.Text, Word: key.words.Word(tag.Text), Salt: key.words.Salt(tag.Ordinal)}
		o.TagHash = code.TagHash(o.Salt, tag.Text)
		more, err := tlog.StoredHashes(count-1, code.Leaf(tag.Ordinal, o.Salt, o.TagHash, &o.Word), tree)
		if err != nil {
			return Commitment{}, nil, fmt.Errorf("binding the registry: %w", err)
		}
		tree = append(tree, more...)
		if i, ok := wanted[tag.Ordinal]; ok {
			openings[i] = o
		}
	}
	root, err := tlog.TreeHash(count, tree)
	if err != nil {
		return Commitment{}, nil, fmt.Errorf("binding the registry: %w", err)
	}
	for i := range openings {
		if openings[i].Ordinal == 0 {
			return Commitment{}, nil, fmt.Errorf("the registry has no tag number %d", ordinals[i])
		}
		proof, err := tlog.ProveRecord(count, openings[i].Ordinal-1, tree)
		if err != nil {
			return Commitment{}, nil, fmt.Errorf("binding the registry: %w", err)
		}
		for _, h := range proof {
			openings[i].Proof = append(openings[i].Proof, h.String())
		}
	}
	return Commitment{Tags: count, Root: root.String()}, openings, nil
}

// hashTree holds the hashes of a Merkle tree, as tlog numbers them.
type hashTree []tlog.Hash

// ReadHashes returns stored hashes.
func (t hashTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(t)) {
			return nil, fmt.Errorf("the tree has no hash %d", index)
		}
		out[i] = t[index]
	}
	return out, nil
}
