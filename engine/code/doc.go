// SPDX-License-Identifier: AGPL-3.0-or-later

// Package code knows tags as codewords: it derives them, finds the one that a
// leak carries among a million, and says how likely a coincidence is. It sees
// no pictures: what a leak tells arrives as a [Vector] of soft chips.
//
// # Codewords
//
// A tag of a title is a [Word] of 1024 chips, each +1 or -1, drawn by
// HMAC-SHA256 from the title's [Key] and the tag's text ([Key.Word]). Without
// the key nobody can tell a codeword from coin tosses; with it, anyone can
// recompute it from the text, so a registry needs no codewords in its backups
// and a name can be checked against the text alone.
//
// # Evidence is a sum
//
// Every frame of a leak yields 1024 weighted soft chips. They are added up
// ([Vector.Add]), in any order, on any number of machines; part sums are
// evidence too.
//
// # Score
//
// Before it meets a tag, the vector r is rounded to a vector q of odd integers
// from -15 to 15 ([Round]). The score of a codeword c is
//
//	z = sum c_i q_i / ||q||
//
// on the rounded vector. Rounding costs about 0.5 % of the score of the right
// tag on noise-like vectors (the cosine between r and q is 0.994) and nothing
// in rigour: q is as ignorant of the tags as r was, so the statistics below
// hold exactly for it, and nothing computed here is an approximation. What it buys: q has
// four bit planes, q_i = sum_b 2^b a_ib with a_ib = +-1, so a score is 64
// exclusive-ors and bit counts, and a scan of a million tags takes about as
// long as reading them from memory.
//
// Scores lie in -32..32 (Cauchy-Schwarz: 32 is the root of 1024).
//
// # Probability
//
// A tag that has nothing to do with the leak has chips that are independent
// fair signs, given the vector: z is then a Rademacher sum with weights of unit
// length, whatever the content, the damage or the reader. For those, and
// every x,
//
//	P(z >= x) <= c Q(x),   c = 1 / (4 Q(sqrt 2)) = 3.1787 (rounded up)
//
// where Q is the upper tail of the normal distribution: Bentkus and
// Dzindzalieta, "A tight Gaussian bound for weighted sums of Rademacher random
// variables", Bernoulli 21 (2015), 1231-1237. The constant is the best one
// possible. It improves on Hoeffding's exp(-x^2/2) for every x above 0.6. In
// practice the tail is Q(x) itself; the constant costs half a decade and
// makes the figure a theorem instead of an observation. [TailLog10] is that bound.
//
// The condition is that the vector never looked at a tag. Two things spend it:
//
//   - Many tags are tried: the probability is multiplied by their number.
//   - Several vectors are tried (an early look at a partial sum, another geometry,
//     blind after informed): the k-th look is multiplied by pi^2 k^2 / 6 ([Spend]);
//     since the sum of 6/(pi^2 k^2) is one, the error of all looks together,
//     however many there will be, keeps the stated bound.
//
// [Log10P] applies both.
//
// # Several tags in one leak
//
// [FitTags] splits a vector among the words already named, by least squares,
// and gives the residual. Scanning the residual for one more tag is one more
// look, and no more than that: as long as the words taken out are truly in the
// leak, which holds but for the error already spent on naming them, the residual is
// a function of the leak and of those words alone, and has seen no other tag.
//
// # Registry
//
// A [Registry] holds the codewords of a title one after the other, 128 bytes a tag. It is
// built in parallel, grows at its end, and can be kept in a sealed cache file.
// Whoever names a tag to a person recomputes the word of the hit from the tag's
// text first ([Registry.Is]): the cache is a convenience, not a witness.
package code
