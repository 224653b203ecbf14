// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import "context"

// Stamp has the head of the audit log time-stamped, where tags were issued or evidence came in since the last time. ask
// sends a head to the service and returns its token. done says whether there was anything to do.
func (e *Engine) Stamp(
	ctx context.Context, service string, ask func(ctx context.Context, head []byte) ([]byte, error),
) (done bool, err error) {
	head, due, err := e.store.StampDue(ctx)
	if err != nil || !due {
		return false, err
	}
	token, err := ask(ctx, head)
	if err != nil {
		return false, err
	}
	return true, e.store.AddStamp(ctx, head, service, token)
}
