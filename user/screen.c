// SPDX-License-Identifier: GPL-2.0-only
/* The live screen of watch. */
#include "screen.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "duration.h"
#include "explain_show.h"
#include "list_view.h"
#include "log.h"
#include "pane.h"
#include "rescue.h"
#include "table.h"
#include "utf8.h"

#define ESCAPE 27
#define ESCAPE_DELAY_MS 25 /* a key's sequence comes at once */
#define BACKSPACE 8
#define DELETE 127
#define EXPLAIN_WIDTH 80
#define EVIDENCE_LASTS_NS (10 * NSEC_PER_SEC)
#define HINTS "? help  q quit  Enter explain  k keepalive  / filter  < > sort  r reverse"
#define PANE_HINTS "q back  Up Down scroll  k keepalive"

enum mode {
	SHOW_LIST,
	SHOW_HELP,
	SHOW_EXPLANATION,
	TYPE_FILTER,   /* it is being typed */
	ASK_KEEPALIVE, /* whether to set keepalive */
};

struct screen {
	struct follower *follower;
	int signal_fd;
	struct report report; /* the last that could be read */
	struct list_view list;
	enum mode mode;
	enum mode before; /* a question */
	struct pane pane; /* of SHOW_HELP and SHOW_EXPLANATION */
	struct explanation explanation;
	uint64_t explained;   /* its session's id */
	uint64_t gathered_ns; /* CLOCK_BOOTTIME of its evidence */
	uint64_t asked;	      /* id that the question is about */
	char question[LOG_SENTENCE_SIZE];
	char message[LOG_SENTENCE_SIZE]; /* until the next key, or if of_look the next look */
	bool looking, of_look;
	bool ends;
};

/* Sinks know of no data. */
static struct screen *shown;

static void hear(const char *sentence)
{
	snprintf(shown->message, sizeof(shown->message), "%s", sentence);
	shown->of_look = shown->looking;
}

/* Rows between the head and the status line. */
static size_t body_height(void)
{
	return LINES > 2 ? LINES - 2 : 0;
}

/* --- drawing --- */

/* What the sessions listed do not tell of themselves. */
static const char *lack(const struct report *report)
{
	const struct record_start *start = stream_start(&report->sessions.stream);

	if (!start->attached_ns)
		return "; no recorder: 'sshidle attach' sees more";
	if (!stream_has_own_pids(start))
		return "; only those of this container";
	return "";
}

/* "bastion1: 3 sessions, 1 kept, 2 at-risk; 2 shown, by CUT-IN" */
static void draw_head(const struct screen *screen)
{
	const struct report *report = &screen->report;
	const struct record_start *start = stream_start(&report->sessions.stream);
	char line[1024], host[3 * sizeof(start->host)], filter[3 * LIST_FILTER_SIZE];
	size_t used;

	utf8_clean(start->host, sizeof(start->host), host, sizeof(host));
	used = snprintf(line, sizeof(line), "%s: %zu session%s", host, report->total,
			report->total == 1 ? "" : "s");
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		if (report->counts[kind])
			used += snprintf(line + used, sizeof(line) - used, ", %zu %s",
					 report->counts[kind], verdict_name(kind));
	if (report->sessions.n != report->total)
		used += snprintf(line + used, sizeof(line) - used, "; %zu shown",
				 report->sessions.n);
	if (screen->list.filter[0] && screen->mode != TYPE_FILTER) {
		utf8_clean(screen->list.filter, LIST_FILTER_SIZE, filter, sizeof(filter));
		used += snprintf(line + used, sizeof(line) - used, "; filter %s", filter);
	}
	if (screen->list.sort[0])
		used += snprintf(line + used, sizeof(line) - used, "; by %s", screen->list.sort);
	snprintf(line + used, sizeof(line) - used, "%s", lack(report));
	line_draw(0, A_BOLD, line);
}

static void draw_status(const struct screen *screen)
{
	char filter[3 * LIST_FILTER_SIZE], line[sizeof(filter) + 16];

	if (screen->mode == ASK_KEEPALIVE) {
		line_draw(LINES - 1, A_BOLD, screen->question);
	} else if (screen->mode == TYPE_FILTER) {
		utf8_clean(screen->list.filter, LIST_FILTER_SIZE, filter, sizeof(filter));
		snprintf(line, sizeof(line), "filter: %s_", filter);
		line_draw(LINES - 1, A_BOLD, line);
	} else if (screen->message[0]) {
		line_draw(LINES - 1, A_BOLD, screen->message);
	} else {
		line_draw(LINES - 1, A_DIM, screen->mode == SHOW_LIST ? HINTS : PANE_HINTS);
	}
}

static void draw(struct screen *screen)
{
	enum mode mode = screen->mode == ASK_KEEPALIVE ? screen->before : screen->mode;

	erase();
	draw_head(screen);
	if (mode == SHOW_HELP || mode == SHOW_EXPLANATION)
		pane_draw(&screen->pane, 1, body_height());
	else
		list_view_draw(&screen->list, &screen->report, 1, body_height());
	draw_status(screen);
	refresh();
}

/* --- panes --- */

static void show_help(struct screen *screen)
{
	static const char text[] =
		"Each line is a session, the next to be cut first. BAR is its silence\n"
		"against the path's timeout; a full bar is a cut.\n"
		"\n"
		"  Up Down PgUp PgDn Home End   select, or scroll\n"
		"  Enter   explain the session: all that can end it, and the mend\n"
		"  k       set TCP keepalive on it, after a question\n"
		"  /       filter: show what has this text in any column; Esc: show all\n"
		"  < >     sort by the column to the left, to the right\n"
		"  r       reverse the order\n"
		"  a       only sessions that need a person, or all\n"
		"  ?       this help\n"
		"  q Esc   back to the list; there q ends watch\n";
	char *copy = strdup(text);

	screen->pane.top = 0;
	if (copy && !pane_set(&screen->pane, copy))
		screen->mode = SHOW_HELP;
}

static void print_explanation(struct screen *screen)
{
	size_t width = COLS < EXPLAIN_WIDTH ? COLS : EXPLAIN_WIDTH, size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	explanation_print_text(&screen->explanation, out, width);
	fclose(out);
	if (text)
		pane_set(&screen->pane, text);
	pane_scroll(&screen->pane, 0, body_height());
}

static bool find_session(const struct report *report, uint64_t id, size_t *ret)
{
	for (*ret = 0; *ret < report->sessions.n; ++*ret)
		if (report->sessions.list[*ret].record->cookie == id)
			return true;
	return false;
}

/* Reading evidence takes programs and files: not at every look. */
static void renew_explanation(struct screen *screen)
{
	uint64_t now_ns = clock_boot_ns();
	size_t i;

	if (!find_session(&screen->report, screen->explained, &i)) {
		screen->mode = SHOW_LIST; /* it has ended, or is filtered out */
		return;
	}
	if (now_ns - screen->gathered_ns >= EVIDENCE_LASTS_NS) {
		explanation_make(&screen->report, i, screen->follower->options,
				 &screen->explanation);
		screen->gathered_ns = now_ns;
	} else {
		explanation_renew(&screen->report, i, &screen->explanation);
	}
	print_explanation(screen);
}

static void show_explanation(struct screen *screen)
{
	if (!screen->report.sessions.n)
		return;
	screen->mode = SHOW_EXPLANATION;
	screen->explained = screen->list.selected;
	screen->gathered_ns = 0;
	screen->pane.top = 0;
	renew_explanation(screen);
}

/* --- looking --- */

static void name_session(const struct event *event, char *buf, size_t size)
{
	const struct death *death = event->death->death;
	char peer[ENDPOINT_TEXT_SIZE];

	endpoint_format(death->peer_addr, death->peer_port, peer, sizeof(peer));
	snprintf(buf, size, "%" PRIu64 " (peer %s)", (uint64_t)death->cookie, peer);
}

/* Until the next key. */
__attribute__((format(printf, 2, 3))) static void say(struct screen *screen, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(screen->message, sizeof(screen->message), format, args);
	va_end(args);
	screen->of_look = false;
}

/* What a person at the screen could not see from the list. */
static void take_event(const struct event *event, void *data)
{
	struct screen *screen = data;
	char name[ENDPOINT_TEXT_SIZE + 32];

	if (event->kind == EVENT_LOST && event->lost_kind == LOST_ENDS) {
		say(screen, "missed how %" PRIu64 " sessions ended", event->lost);
	} else if (event->kind == EVENT_LOST) {
		say(screen, "the recorder could not keep %" PRIu64 " events", event->lost);
	} else if (event->kind == EVENT_CLOSE && event->death) {
		name_session(event, name, sizeof(name));
		say(screen, "%s %s: %s", name,
		    cause_is_cut(event->death->death->cause) ? "was cut" : "has ended",
		    cause_name(event->death->death->cause));
	}
}

/* Where a look fails, what was seen before stays on the screen, beside the failure. */
static int look(struct screen *screen)
{
	struct report report;
	int err;

	if (screen->of_look)
		screen->message[0] = 0;
	screen->of_look = false;
	screen->looking = true;
	err = follower_look(screen->follower, take_event, screen, &report);
	screen->looking = false;
	if (!err) {
		err = list_view_take(&screen->list, screen->follower->options, &report);
		if (err)
			report_free(&report);
	}
	if (err)
		return err;
	report_free(&screen->report);
	screen->report = report;
	return 0;
}

static void look_again(struct screen *screen)
{
	if (!look(screen) && screen->mode == SHOW_EXPLANATION)
		renew_explanation(screen);
}

/* --- keys --- */

static void ask_keepalive(struct screen *screen)
{
	uint64_t id = screen->mode == SHOW_EXPLANATION ? screen->explained : screen->list.selected;

	if (!screen->report.sessions.n)
		return;
	if (!rescue_ask(screen->follower->options, screen->follower->policy, id, screen->message,
			sizeof(screen->message)))
		return;
	memcpy(screen->question, screen->message, sizeof(screen->question));
	screen->asked = id;
	screen->before = screen->mode;
	screen->mode = ASK_KEEPALIVE;
}

static void on_question_key(struct screen *screen, int key)
{
	screen->mode = screen->before;
	if (key != 'y' && key != 'Y')
		return;
	rescue_do(screen->follower->options, screen->follower->policy, screen->asked,
		  screen->message, sizeof(screen->message));
	screen->gathered_ns = 0;
	look_again(screen);
}

/* Takes the last character away. */
static void chop(char *text)
{
	size_t length = strlen(text);

	while (length && (text[length - 1] & 0xc0) == 0x80)
		text[--length] = 0;
	if (length)
		text[length - 1] = 0;
}

static void on_filter_key(struct screen *screen, int key)
{
	char *filter = screen->list.filter;
	size_t length = strlen(filter);

	if (key == ESCAPE)
		memset(filter, 0, LIST_FILTER_SIZE);
	if (key == ESCAPE || key == '\n' || key == '\r' || key == KEY_ENTER)
		screen->mode = SHOW_LIST;
	else if (key == KEY_BACKSPACE || key == BACKSPACE || key == DELETE)
		chop(filter);
	else if (key >= ' ' && key <= UCHAR_MAX && length + 1 < LIST_FILTER_SIZE)
		filter[length] = key; /* the rest is zero */
	look_again(screen);
}

static void move_lines(struct screen *screen, long lines)
{
	if (screen->mode == SHOW_LIST)
		list_view_move(&screen->list, &screen->report, lines);
	else
		pane_scroll(&screen->pane, lines, body_height());
}

/* Keys that move. Whether this is one. */
static bool on_move_key(struct screen *screen, int key)
{
	long page = body_height() > 2 ? body_height() - 2 : 1;

	switch (key) {
	case KEY_UP:
		move_lines(screen, -1);
		return true;
	case KEY_DOWN:
		move_lines(screen, 1);
		return true;
	case KEY_PPAGE:
		move_lines(screen, -page);
		return true;
	case KEY_NPAGE:
		move_lines(screen, page);
		return true;
	case KEY_HOME:
		move_lines(screen, -LONG_MAX / 2);
		return true;
	case KEY_END:
		move_lines(screen, LONG_MAX / 2);
		return true;
	default:
		return false;
	}
}

/* Keys that change what the list shows. Whether this is one. */
static bool on_list_key(struct screen *screen, int key)
{
	struct list_view *list = &screen->list;

	if (screen->mode != SHOW_LIST)
		return false;
	if (key == '<' || key == '>')
		list_view_sort(list, key == '<' ? -1 : 1);
	else if (key == 'r')
		list_view_reverse(list);
	else if (key == 'a')
		list->at_risk = !list->at_risk;
	else
		return false;
	look_again(screen);
	return true;
}

static void go_back(struct screen *screen, int key)
{
	if (screen->mode != SHOW_LIST) {
		screen->mode = SHOW_LIST;
	} else if (key == 'q') {
		screen->ends = true;
	} else {
		memset(screen->list.filter, 0, LIST_FILTER_SIZE);
		look_again(screen);
	}
}

static void on_plain_key(struct screen *screen, int key)
{
	if (on_move_key(screen, key) || on_list_key(screen, key))
		return;
	switch (key) {
	case 'q':
	case ESCAPE:
		go_back(screen, key);
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
		show_explanation(screen);
		break;
	case 'k':
		ask_keepalive(screen);
		break;
	case '/':
		screen->mode = TYPE_FILTER;
		break;
	case '?':
		show_help(screen);
		break;
	}
}

static void on_key(struct screen *screen, int key)
{
	if (key == KEY_RESIZE) {
		look_again(screen); /* an explanation is as wide as the screen */
		return;
	}
	screen->message[0] = 0;
	screen->of_look = false;
	if (screen->mode == ASK_KEEPALIVE)
		on_question_key(screen, key);
	else if (screen->mode == TYPE_FILTER)
		on_filter_key(screen, key);
	else
		on_plain_key(screen, key);
}

/* --- the terminal --- */

static int open_terminal(struct screen *screen, SCREEN **ret)
{
	*ret = newterm(NULL, stdout, stdin);
	if (!*ret) {
		log_error("this terminal cannot be driven: TERM is \"%s\"", getenv("TERM") ?: "");
		return -ENOTTY;
	}
	set_escdelay(ESCAPE_DELAY_MS);
	cbreak();
	noecho();
	nodelay(stdscr, true);
	keypad(stdscr, true);
	curs_set(0);
	if (table_wants_color(screen->follower->options->color, true))
		list_view_use_colors(&screen->list);
	shown = screen;
	log_set_sink(hear);
	return 0;
}

static void close_terminal(SCREEN *terminal)
{
	log_set_sink(NULL);
	endwin();
	delscreen(terminal);
}

/* Until a key, a signal or the next look. A change of the terminal's size is a key. */
static void wait_and_take(struct screen *screen)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = screen->signal_fd, .events = POLLIN}};
	int ready = poll(fds, 2, follower_pause_ms(screen->follower)), key;

	if (ready > 0 && (fds[1].revents || fds[0].revents & (POLLHUP | POLLERR)))
		screen->ends = true;
	while (!screen->ends && (key = getch()) != ERR)
		on_key(screen, key);
	if (!screen->ends && !ready)
		look_again(screen);
}

static int run(struct screen *screen)
{
	SCREEN *terminal;
	int err = open_terminal(screen, &terminal);

	if (err)
		return err;
	while (!screen->ends) {
		draw(screen);
		wait_and_take(screen);
	}
	close_terminal(terminal);
	return 0;
}

int screen_run(struct follower *follower, int signal_fd)
{
	struct screen screen = {.follower = follower, .signal_fd = signal_fd};
	int err = list_view_init(&screen.list, follower->options);

	if (!err)
		err = look(&screen); /* what is wrong from the start needs no screen */
	if (!err)
		err = run(&screen);
	pane_free(&screen.pane);
	report_free(&screen.report);
	return err;
}
