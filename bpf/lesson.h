/* SPDX-License-Identifier: GPL-2.0-only */
/* What each path teaches: the silences that it let pass, and those that were fatal. */
#ifndef SSHIDLE_LESSON_H
#define SSHIDLE_LESSON_H

#include "socket.h"

const struct path_lesson no_lesson = {};

static __always_inline void fill_key(struct path_key *key, const struct sock *sk)
{
	const volatile struct path_prefix *prefix;
	__u32 *words = (__u32 *)key->addr;

	fill_peer(key->addr, sk);
	prefix = is_mapped(key->addr) ? &watch.prefix4 : &watch.prefix6;
	key->length = prefix->length;
	for (int i = 0; i < 4; i++)
		words[i] &= prefix->mask[i];
}

/* make: where the path is not known yet; else NULL then. */
static __always_inline struct path_lesson *lesson_get(const struct sock *sk, bool make)
{
	struct path_key key = {};
	struct path_lesson *lesson;

	fill_key(&key, sk);
	lesson = bpf_map_lookup_elem(&paths, &key);
	if (lesson || !make)
		return lesson;
	bpf_map_update_elem(&paths, &key, &no_lesson, BPF_NOEXIST);
	lesson = bpf_map_lookup_elem(&paths, &key);
	if (lesson)
		lesson->began_s = wall_ns() / NSEC_PER_SEC;
	else
		count(COUNTER_LOST);
	return lesson;
}

/*
 * Lower bounds of the buckets: see struct path_lesson. Global functions are verified once, and
 * callers know nothing of what they give: else each bucket would be a way of its own.
 */
__noinline __u32 bucket_of(__u32 silence_ms)
{
	__u32 power = 0;

	for (int i = 0; i < PATH_BUCKETS / 2 - 1; i++)
		if (silence_ms >> (power + 1) >= PATH_SILENCE_MIN_MS)
			power++;
	return 2 * power + (silence_ms >> power >= PATH_SILENCE_MIN_MS * 3 / 2);
}

/* What the loops below share. The verifier looks at bpf_loop()'s callbacks once, not each time. */
struct lesson_walk {
	struct path_lesson *lesson;
	__u32 silence_ms;
};

static long refute_one(__u32 i, struct lesson_walk *walk)
{
	struct fatal_silence *fatal = &walk->lesson->fatals[i % PATH_FATALS];
	__u64 spread_ms = path_spread_ms(fatal->silence_ms);
	bool refuted = fatal->expiry == EXPIRY_SILENT
			       ? walk->silence_ms + spread_ms >= fatal->silence_ms
			       : walk->silence_ms > fatal->silence_ms + spread_ms;

	if (refuted && fatal->passed_since < PASSED_SINCE_MAX)
		fatal->passed_since++;
	return 0;
}

/*
 * What was fatal once is refuted by what passes later, not by what passed before. Where nobody
 * answered that may have been a peer that had gone: what is as long refutes it, too.
 */
static __always_inline void refute(struct path_lesson *lesson, __u32 silence_ms)
{
	struct lesson_walk walk = {lesson, silence_ms};

	bpf_loop(PATH_FATALS, refute_one, &walk, 0);
}

static __noinline int lesson_passed(const struct sock *sk, __u32 silence_ms)
{
	struct path_lesson *lesson = lesson_get(sk, true);
	__u32 bucket = bucket_of(silence_ms);

	if (!lesson)
		return 0;
	if (silence_ms > lesson->longest_ms)
		lesson->longest_ms = silence_ms;
	if (bucket < PATH_BUCKETS)
		__sync_fetch_and_add(&lesson->passed[bucket], 1);
	refute(lesson, silence_ms);
	return 0;
}

static __noinline int lesson_ended(const struct sock *sk, __u8 cause, bool make)
{
	struct path_lesson *lesson = lesson_get(sk, make);

	if (lesson && cause < END_CAUSES)
		__sync_fetch_and_add(&lesson->ended[cause], 1);
	return 0;
}

static __always_inline enum expiry expiry_of(__u8 cause, __u8 speaker)
{
	if (cause == END_FIN_PEER)
		return EXPIRY_CLOSE;
	if (cause != END_RESET_RECEIVED)
		return EXPIRY_SILENT;
	return speaker == SPEAKER_US ? EXPIRY_SILENT_RST : EXPIRY_RST;
}

struct cuts_walk {
	const struct path_lesson *lesson;
	struct fatal_silence last;
	__u32 later_s; /* the end of the cut before, which is later */
	__u32 cuts;
	bool found;
};

static long look_at_cut(__u32 i, struct cuts_walk *walk)
{
	const struct path_lesson *lesson = walk->lesson;
	const struct fatal_silence *fatal = &lesson->fatals[(lesson->fatal - 1 - i) % PATH_FATALS];
	bool together = walk->cuts && !differ(fatal->ended_s, walk->later_s, CLUSTER_APART_S - 1);

	if (fatal->expiry != walk->last.expiry || differ(fatal->silence_ms, walk->last.silence_ms,
							 path_spread_ms(walk->last.silence_ms) / 2))
		return 0;
	walk->later_s = fatal->ended_s;
	walk->found = !together && ++walk->cuts >= CLUSTER_MIN && fatal->passed_since < walk->cuts;
	return walk->found;
}

/*
 * Whether the last cuts are a cluster that user/lesson.c believes; not all of them are found, since
 * alike is narrower here. What ends by itself may be a program that closes what idles.
 */
static __always_inline bool cuts_now(const struct path_lesson *lesson,
				     const struct fatal_silence *last)
{
	struct cuts_walk walk = {.lesson = lesson, .last = *last};

	if (expiry_is_spoken(last->expiry))
		bpf_loop(PATH_FATALS, look_at_cut, &walk, 0);
	return walk.found;
}

static long forget_one(__u32 i, struct lesson_walk *walk)
{
	__u32 bucket = i % PATH_BUCKETS;
	__u32 floor_ms = path_bucket_floor_ms(bucket);

	if (floor_ms > walk->silence_ms)
		walk->lesson->passed[bucket] = 0;
	else if (walk->lesson->passed[bucket])
		walk->lesson->longest_ms = floor_ms;
	return 0;
}

/* Of a box that became stricter: the longest that still passes is known by its bucket alone. */
static __always_inline void forget_longer(struct path_lesson *lesson, __u32 silence_ms)
{
	struct lesson_walk walk = {lesson, silence_ms};

	lesson->longest_ms = 0;
	bpf_loop(PATH_BUCKETS, forget_one, &walk, 0);
}

static __noinline int lesson_fatal(const struct sock *sk, __u32 silence_ms, __u8 cause,
				   __u8 speaker)
{
	struct path_lesson *lesson = lesson_get(sk, true);
	struct fatal_silence *fatal;

	if (!lesson)
		return 0;
	if (cause >= END_FIRST_CUT)
		__sync_fetch_and_add(&lesson->cut, 1);
	fatal = &lesson->fatals[__sync_fetch_and_add(&lesson->fatal, 1) % PATH_FATALS];
	fatal->silence_ms = silence_ms;
	fatal->ended_s = wall_ns() / NSEC_PER_SEC;
	fatal->expiry = expiry_of(cause, speaker);
	fatal->passed_since = 0;
	if ((__u64)silence_ms + path_spread_ms(silence_ms) < lesson->longest_ms &&
	    cuts_now(lesson, fatal))
		forget_longer(lesson, silence_ms);
	return 0;
}

#endif
