// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"fmt"
	"os"

	"spoor/storage"
)

// Verification is the outcome of [Engine.Verify].
type Verification struct {
	storage.Verification
	References int `json:"references"` // of titles, read through
}

// Verify looks whether anything was altered since it was written: the audit log, the rows of the database, the files of
// the vault (of one case, or of all where that is ""), keys, and references of titles. It works offline and changes nothing.
func (e *Engine) Verify(ctx context.Context, caseName string, report func(Progress)) (Verification, error) {
	meter := newMeter(report, "verifying", 0)
	var v Verification
	var err error
	v.Verification, err = e.store.Verify(ctx, storage.VerifyOptions{Case: caseName, Progress: func(done, total int64) {
		meter.total = total
		meter.at(done)
	}})
	if err != nil {
		return v, ended(ctx, err)
	}
	return v, e.verifyReferences(ctx, &v)
}

func (e *Engine) verifyReferences(ctx context.Context, v *Verification) error {
	for page := (storage.Page{Limit: 1000}); ; {
		titles, err := e.store.Titles(ctx, page)
		if err != nil {
			return err
		}
		for _, t := range titles {
			if err := e.verifyReference(t.ID, v); err != nil {
				v.Faults = append(v.Faults, storage.Fault{Where: "reference of the title " + t.ID, What: err.Error()})
			}
		}
		if len(titles) < page.Limit {
			return nil
		}
		page.After = titles[len(titles)-1].ID
	}
}

func (e *Engine) verifyReference(titleID string, v *Verification) error {
	path, err := e.store.ReferencePath(titleID)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); os.IsNotExist(err) {
		v.Notes = append(v.Notes, fmt.Sprintf("the title %s has no reference", titleID))
		return nil
	}
	f, err := e.openReference(titleID)
	if err != nil {
		return err
	}
	defer f.Close()
	v.References++
	return f.Check()
}

// AuditEntries lists entries of the audit log, see [storage.Store.AuditEntries].
func (e *Engine) AuditEntries(ctx context.Context, from int64, limit int) ([]storage.AuditEntry, error) {
	return e.store.AuditEntries(ctx, from, limit)
}
