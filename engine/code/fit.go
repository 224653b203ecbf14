// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"fmt"
	"math"
)

// Fit splits evidence among the words of several tags.
type Fit struct {
	// Amplitudes are the least-squares factors of the words, in the unit of the
	// vector. A word that is not in the leak has one near 0, of either sign.
	Amplitudes []float64
	// Weights are the shares of the positive amplitudes and sum to 1: how much
	// of the evidence speaks for each word. A negative amplitude has weight 0;
	// where none is positive all weights are 0.
	Weights []float64
	// Residual is the vector less the words times their amplitudes: orthogonal
	// to every word of the fit. [Score] and [Registry.Scan] of it look for what else is there.
	Residual Vector
}

// FitTags fits the words of named tags to a vector together, so that each is
// credited with what the others do not explain. Words must differ, and be fewer
// than Chips; the words of a registry do. No words give the vector back
// as the residual. Errors: [ErrNotFinite]; two words that are equal or
// opposite, or words that depend on each other otherwise.
func FitTags(words []Word, v *Vector) (Fit, error) {
	if _, err := normalise(v); err != nil {
		return Fit{}, fmt.Errorf("fitting %d tags: %w", len(words), err)
	}
	gram := make([][]float64, len(words))
	amplitudes := make([]float64, len(words))
	for i := range words {
		gram[i] = make([]float64, len(words))
		for j := range words {
			gram[i][j] = float64(words[i].Dot(&words[j]))
		}
		for k := range v {
			amplitudes[i] += words[i].Chip(k) * v[k]
		}
	}
	if err := solve(gram, amplitudes); err != nil {
		return Fit{}, fmt.Errorf("fitting %d tags: %w", len(words), err)
	}
	fit := Fit{Amplitudes: amplitudes, Weights: shares(amplitudes), Residual: *v}
	for i := range words {
		for k := range fit.Residual {
			fit.Residual[k] -= amplitudes[i] * words[i].Chip(k)
		}
	}
	return fit, nil
}

// solve replaces b by the solution x of a x = b, a symmetric and positive
// definite (Cholesky). It overwrites a.
func solve(a [][]float64, b []float64) error {
	for j := range a {
		for i := j; i < len(a); i++ {
			for k := range j {
				a[i][j] -= a[i][k] * a[j][k]
			}
			if i > j {
				a[i][j] /= a[j][j]
				continue
			}
			// What is left of a word's length after the words before it are taken out.
			if a[j][j] < 1e-6*Chips {
				return fmt.Errorf("word %d is a mixture of the words before it", j)
			}
			a[j][j] = math.Sqrt(a[j][j])
		}
	}
	for i := range b {
		for k := range i {
			b[i] -= a[i][k] * b[k]
		}
		b[i] /= a[i][i]
	}
	for i := len(b) - 1; i >= 0; i-- {
		for k := i + 1; k < len(b); k++ {
			b[i] -= a[k][i] * b[k]
		}
		b[i] /= a[i][i]
	}
	return nil
}

func shares(amplitudes []float64) []float64 {
	out := make([]float64, len(amplitudes))
	peak := 0.0
	for _, a := range amplitudes {
		peak = max(peak, a)
	}
	if peak == 0 {
		return out
	}
	sum := 0.0
	for _, a := range amplitudes {
		sum += max(0, a) / peak
	}
	for i, a := range amplitudes {
		out[i] = max(0, a) / peak / sum
	}
	return out
}
