// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"spoor/engine/code"
	"spoor/engine/reference"
	"spoor/engine/watermark"
	"spoor/storage"
)

// Control is a counter-check that is run on the very exhibit in which somebody was named: what must not name anybody,
// and what must.
type Control struct {
	What      string  `json:"what"`      // wrong keys, wrong title, known positive
	Runs      int     `json:"runs"`      // how often it was read
	Score     float64 `json:"score"`     // the best of all IDs and runs; of the known positive, its own
	Log10P    float64 `json:"log10_p"`   // of that score by chance
	Passed    bool    `json:"passed"`    // nobody was named; of the known positive, it was
	Histogram []Bin   `json:"histogram"` // scores of all IDs
}

// What a control can be.
const (
	wrongKeys     = "wrong keys"
	wrongTitle    = "wrong title"
	knownPositive = "known positive"

	wrongKeyRuns = 4
	positiveTag  = "a mark that was put into the exhibit to see whether it is found"
)

// exhibit is the window in which a tag was named first, ready to be read again.
type exhibit struct {
	title    *suspect
	rests    []watermark.Rest   // against the original,
	folded   []watermark.Folded // or
	analysis *watermark.Analysis
	geometry watermark.Known // from the mark alone
}

// controls reads the exhibit with keys of nobody, as another title, and with a known mark put into it. Should a key of
// nobody name somebody, the findings are worth nothing and are taken back.
func (t *trace) controls(ctx context.Context) error {
	x := t.exhibit
	if len(t.result.Findings) == 0 {
		return nil
	}
	if x == nil {
		t.note(ControlsNotRun)
		return nil
	}
	checks := []func(context.Context, *exhibit) (Control, bool, error){t.readWithWrongKeys, t.readAsWrongTitle, t.readKnownPositive}
	for _, check := range checks {
		c, ran, err := check(ctx, x)
		if err != nil {
			return err
		}
		if !ran {
			continue
		}
		t.result.Controls = append(t.result.Controls, c)
		if !c.Passed && c.What != knownPositive {
			t.result.Findings, t.result.Verdict = []TraceFinding{}, string(storage.Inconclusive)
			t.note(ControlNamed, c.What)
		}
	}
	return nil
}

// read reads the exhibit with a key.
func (x *exhibit) read(key *watermark.Key) (*watermark.Reading, error) {
	shape := watermark.Shape{Aspect: x.title.Original.Aspect(), Length: x.title.Duration}
	if x.folded != nil {
		return key.Informed(x.folded, shape)
	}
	for r, err := range key.Readings(x.analysis, shape, watermark.AsIs, watermark.AsIs, x.geometry) {
		return r, err
	}
	return nil, fmt.Errorf("no reading")
}

// tried compares what a key reads in the exhibit with a registry, and adds it to a control.
func (c *Control) tried(ctx context.Context, x *exhibit, key *watermark.Key, registry *code.Registry, sum *code.Histogram) error {
	r, err := x.read(key)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	scan, err := registry.Scan(ctx, (*code.Vector)(&r.Evidence().Chips))
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	c.Runs++
	if len(scan.Best) > 0 {
		c.Score = max(c.Score, scan.Best[0].Score)
	}
	for i, n := range scan.Histogram {
		sum[i] += n
	}
	c.Log10P = code.Log10P(c.Score, registry.Len(), float64(c.Runs))
	c.Histogram = bins(sum)
	return nil
}

func (t *trace) readWithWrongKeys(ctx context.Context, x *exhibit) (Control, bool, error) {
	c := Control{What: wrongKeys}
	var sum code.Histogram
	for n := range wrongKeyRuns {
		if err := c.tried(ctx, x, t.nobodysKey(n), x.title.registry, &sum); err != nil {
			return c, false, err
		}
	}
	c.Passed = c.Log10P > ThresholdLog10P
	return c, true, nil
}

// nobodysKey is a key that no title has, the same whenever the exhibit is read again.
func (t *trace) nobodysKey(n int) *watermark.Key {
	secret := func(what string) [32]byte {
		return sha256.Sum256(fmt.Appendf(nil, "control %s %d %s", what, n, t.result.SHA256))
	}
	return watermark.NewKey(secret("key"), watermark.NewSyncSet(secret("sync")))
}

// readAsWrongTitle reads the exhibit as another title of the home, where there is one with a registry.
func (t *trace) readAsWrongTitle(ctx context.Context, x *exhibit) (Control, bool, error) {
	c := Control{What: wrongTitle}
	others, err := t.engine.store.Titles(ctx, storage.Page{Limit: 20})
	if err != nil {
		return c, false, err
	}
	for _, other := range others {
		if other.ID == x.title.ID || slices.ContainsFunc(t.result.Findings, func(f TraceFinding) bool { return f.title == other.ID }) {
			continue
		}
		key, err := t.engine.key(other.ID)
		if err != nil {
			return c, false, err
		}
		registry, err := t.engine.registry(ctx, other.ID, key.words, t.options.Progress)
		if err != nil {
			return c, false, err
		}
		if registry.Len() == 0 {
			continue
		}
		var sum code.Histogram
		err = c.tried(ctx, x, key.mark(), registry, &sum)
		c.Passed = c.Log10P > ThresholdLog10P
		return c, err == nil, err
	}
	return c, false, nil
}

// readKnownPositive puts a mark into what was read against the original, and looks whether it is found.
func (t *trace) readKnownPositive(ctx context.Context, x *exhibit) (Control, bool, error) {
	c := Control{What: knownPositive, Runs: 1}
	if x.folded == nil {
		return c, false, nil
	}
	key, words := t.nobodysKey(wrongKeyRuns), code.Key(sha256.Sum256([]byte(positiveTag+t.result.SHA256)))
	word := words.Word(positiveTag)
	aspect := x.title.Original.Aspect()
	rests := slices.Clone(x.rests)
	for i := range rests {
		rests[i].Pix = slices.Clone(rests[i].Pix)
		if err := key.Add(&rests[i], (*watermark.Word)(&word), aspect); err != nil {
			return c, false, fmt.Errorf("control: %w", err)
		}
	}
	folded, err := watermark.Fold(rests, aspect)
	if err != nil {
		return c, false, fmt.Errorf("control: %w", err)
	}
	marked := exhibit{title: x.title, folded: folded}
	r, err := marked.read(key)
	if err != nil {
		return c, false, fmt.Errorf("control: %w", err)
	}
	vector := (*code.Vector)(&r.Evidence().Chips)
	scan, err := x.title.registry.Scan(ctx, vector)
	if err != nil {
		return c, false, fmt.Errorf("control: %w", err)
	}
	c.Score, c.Histogram = code.Score(&word, vector), bins(&scan.Histogram)
	c.Log10P = code.Log10P(c.Score, x.title.registry.Len()+1, 1)
	c.Passed = c.Log10P <= ThresholdLog10P
	return c, true, nil
}

// restsOf subtracts the title from the pairs of a registration, at most so many, evenly spread: the form that the mark is
// read from.
func restsOf(r *reference.Registration, most int) []watermark.Rest {
	chosen := r.Spread(most)
	rests := chosen.Rests()
	list := make([]watermark.Rest, len(rests))
	for i := range rests {
		p := chosen.Pairs[i].Picture()
		list[i] = watermark.Rest{
			W: p.W, H: p.H, Original: p.Pix, Pix: rests[i].Pix, Shown: rests[i].Shown, Leak: chosen.Pairs[i].Frame().Time, Title: p.Time,
		}
	}
	return list
}
