// SPDX-License-Identifier: AGPL-3.0-or-later

package casereport

import (
	"cmp"
	"time"

	"spoor/engine"
	"spoor/report"
)

// SignCaseFile signs a file that a case was exported to, with the office's key, as reports are. The signature comes beside it.
func SignCaseFile(e *engine.Engine, path, examiner string) (Written, error) {
	signer, err := openSigner(e)
	if err != nil {
		return Written{}, err
	}
	done := Written{Path: path, Signature: path + report.SignatureSuffix, Signer: cmp.Or(examiner, Unnamed), Key: signer.Public()}
	said := report.Statement{Signer: done.Signer, At: time.Now().UTC().Truncate(time.Second), Program: e.Versions().Program}
	return done, signer.SignFile(path, said)
}
