// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"spoor/engine/code"
	"spoor/storage"
)

// Commitment binds the codewords of the first so many tags of a title by one hash: the root of a Merkle tree over them, in
// their order. It can be given to anybody: it tells nothing about tags or codewords.
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
	Bound   int64    // the tags of the commitment: the oldest one that has this tag
	Proof   []string // base64, see tlog.CheckRecord
}

// leafOf is a tag in the tree.
func leafOf(key code.Key, tag *storage.Tag) (leaf []byte, o Opening) {
	o = Opening{Ordinal: tag.Ordinal, Tag: tag.Text, Word: key.Word(tag.Text), Salt: key.Salt(tag.Ordinal)}
	o.TagHash = code.TagHash(o.Salt, tag.Text)
	return code.Leaf(tag.Ordinal, o.Salt, o.TagHash, &o.Word), o
}

// Bind binds the tags of a title that came since it was bound last. The audit log has the root from then on. Whoever issues
// tags without having the title's key leaves it to the next one who has.
func (e *Engine) Bind(ctx context.Context, titleID string) error {
	key, err := e.key(titleID)
	if err != nil {
		return nil // see above
	}
	last, err := e.store.LastCommitment(ctx, titleID)
	if err != nil {
		return err
	}
	tree, err := parseFrontier(last.Frontier)
	if err != nil {
		return fmt.Errorf("binding the registry of %s: %w", titleID, err)
	}
	count := last.Tags
	for tag, err := range e.store.EachTag(ctx, titleID, last.Tags) {
		if err != nil {
			return err
		}
		leaf, _ := leafOf(key.words, &tag)
		if err := tree.add(count, leaf); err != nil {
			return fmt.Errorf("binding the registry of %s: %w", titleID, err)
		}
		count++
	}
	if count == last.Tags {
		return nil
	}
	root, err := tree.root(count)
	if err != nil {
		return fmt.Errorf("binding the registry of %s: %w", titleID, err)
	}
	return e.store.AddCommitment(ctx, storage.Commitment{
		TitleID: titleID, Tags: count, SHA256: hex.EncodeToString(root[:]), Frontier: tree.String(),
	})
}

// frontier are those hashes of a growing tree that what is added later needs, by their positions as tlog numbers them.
type frontier map[int64]tlog.Hash

// ReadHashes returns hashes by position.
func (f frontier) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(positions))
	for i, p := range positions {
		h, ok := f[p]
		if !ok {
			return nil, fmt.Errorf("the tree has no hash %d", p)
		}
		out[i] = h
	}
	return out, nil
}

// tidyEvery is after how many tags the hashes that are not needed any more are forgotten.
const tidyEvery = 1 << 12

// add adds record n, from 0.
func (f frontier) add(n int64, leaf []byte) error {
	hashes, err := tlog.StoredHashes(n, leaf, f)
	if err != nil {
		return err
	}
	first := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		f[first+int64(i)] = h
	}
	if (n+1)%tidyEvery == 0 {
		_, err = f.root(n + 1)
	}
	return err
}

// root is the root of the first n records; after it only what later ones need is left.
func (f frontier) root(n int64) (tlog.Hash, error) {
	needed := map[int64]bool{}
	root, err := tlog.TreeHash(n, tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		for _, p := range positions {
			needed[p] = true
		}
		return f.ReadHashes(positions)
	}))
	maps.DeleteFunc(f, func(p int64, _ tlog.Hash) bool { return !needed[p] })
	return root, err
}

// String writes a hash a line: its position and itself in base64.
func (f frontier) String() string {
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&b, "%d %s\n", p, f[p])
	}
	return b.String()
}

func parseFrontier(text string) (frontier, error) {
	f := frontier{}
	for line := range strings.Lines(text) {
		var p int64
		var encoded string
		if _, err := fmt.Sscanf(line, "%d %s\n", &p, &encoded); err != nil {
			return nil, refuse(storage.Damaged, "what was kept of its tree is damaged")
		}
		h, err := tlog.ParseHash(encoded)
		if err != nil {
			return nil, refuse(storage.Damaged, "what was kept of its tree is damaged")
		}
		f[p] = h
	}
	return f, nil
}

// Commit opens some tags of a title's registry, each against the oldest commitment that has it, and returns these
// commitments. It reads the whole registry: seconds and some 64 MB for a million tags. A registry that is not what was bound
// is an error with the code storage.Damaged.
func (e *Engine) Commit(ctx context.Context, titleID string, ordinals []int64) ([]Commitment, []Opening, error) {
	key, err := e.key(titleID)
	if err != nil {
		return nil, nil, err
	}
	if err := e.Bind(ctx, titleID); err != nil { // tags of an older version of the program
		return nil, nil, err
	}
	stored, err := e.store.Commitments(ctx, titleID)
	if err != nil {
		return nil, nil, err
	}
	tree, openings, err := e.wholeTree(ctx, titleID, key.words, ordinals)
	if err != nil {
		return nil, nil, err
	}
	used := map[int64]Commitment{}
	for i := range openings {
		o := &openings[i]
		at := slices.IndexFunc(stored, func(c storage.Commitment) bool { return c.Tags >= o.Ordinal })
		if o.Ordinal == 0 || at < 0 {
			return nil, nil, refuse(storage.NotFound, fmt.Sprintf("the registry of %s does not have all tags of %v", titleID, ordinals))
		}
		c := stored[at]
		o.Bound = c.Tags
		if used[c.Tags], err = compared(c, tree); err != nil {
			return nil, nil, err
		}
		proof, err := tlog.ProveRecord(c.Tags, o.Ordinal-1, tree)
		if err != nil {
			return nil, nil, fmt.Errorf("binding the registry: %w", err)
		}
		for _, h := range proof {
			o.Proof = append(o.Proof, h.String())
		}
	}
	return slices.SortedFunc(maps.Values(used), func(a, b Commitment) int { return int(a.Tags - b.Tags) }), openings, nil
}

// compared checks that a registry still is what was bound.
func compared(c storage.Commitment, tree hashTree) (Commitment, error) {
	root, err := tlog.TreeHash(c.Tags, tree)
	if err != nil {
		return Commitment{}, refuse(storage.Damaged, fmt.Sprintf("the registry of %s has fewer tags than the %d that were bound",
			c.TitleID, c.Tags))
	}
	if hex.EncodeToString(root[:]) != c.SHA256 {
		return Commitment{}, refuse(storage.Damaged, fmt.Sprintf("the first %d tags of %s are not those that were bound on %s",
			c.Tags, c.TitleID, c.CreatedAt.Format("2006-01-02")))
	}
	return Commitment{Tags: c.Tags, Root: base64.StdEncoding.EncodeToString(root[:])}, nil
}

// wholeTree is the tree over a registry, with the tags that are to be opened.
func (e *Engine) wholeTree(ctx context.Context, titleID string, key code.Key, ordinals []int64) (hashTree, []Opening, error) {
	wanted := map[int64]int{}
	for i, n := range ordinals {
		wanted[n] = i
	}
	openings := make([]Opening, len(ordinals))
	var tree hashTree
	count := int64(0)
	for tag, err := range e.store.EachTag(ctx, titleID, 0) {
		if err != nil {
			return nil, nil, err
		}
		leaf, o := leafOf(key, &tag)
		more, err := tlog.StoredHashes(count, leaf, tree)
		if err != nil {
			return nil, nil, fmt.Errorf("binding the registry: %w", err)
		}
		count++
		tree = append(tree, more...)
		if i, ok := wanted[tag.Ordinal]; ok {
			openings[i] = o
		}
	}
	return tree, openings, nil
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
