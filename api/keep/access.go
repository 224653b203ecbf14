// SPDX-License-Identifier: AGPL-3.0-or-later

package keep

import (
	"spoor/api/wire"
	"spoor/engine"
)

// MaxAccesses is how many clients of one tag the API shows; the command line and reports show all.
const MaxAccesses = 20_000

// Accesses are the clients that fetched copies with a tag as the API shows them, the first MaxAccesses of them.
func Accesses(list []engine.AccessStat) []wire.AccessStat {
	list = list[:min(len(list), MaxAccesses)]
	out := make([]wire.AccessStat, len(list))
	for i := range list {
		a := &list[i]
		out[i] = wire.AccessStat{
			IPAddress: a.IPAddress, IPCountry: a.IPCountry, IPType: a.IPType, UserAgent: a.UserAgent, AcceptLanguage: a.AcceptLanguage,
			FirstAccessedAt: a.FirstAccessedAt, PercentageObtained: a.PercentageObtained, HighestResolution: a.HighestResolution,
			StreamingOnly: a.StreamingOnly,
		}
	}
	return out
}
