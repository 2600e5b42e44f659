# SPDX-License-Identifier: GPL-2.0-only
# watch on a terminal: a person at the keys, in tmux.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games TIMEOUT_S=100

setup_file()
{
	start_own_lab "$GROUP"
	eval "$(lab facts)"
	open_plain first 'sleep 900'
	open_plain second 'sleep 900'
	share_sessions
}

setup()
{
	eval "$(lab facts)"
	shared_sessions
	export TMUX_TMPDIR=$WORK
	id_first=$(end_of server "${PORT[first]}" .id)
	id_second=$(end_of server "${PORT[second]}" .id)
}

teardown()
{
	end_terminal
	end_jobs
}

# start_terminal: a shell of 100 columns and 16 rows, whose prompt is "ready>"
start_terminal()
{
	tmux -L watch -f /dev/null new-session -d -x 100 -y 16 \
		"env PS1='ready> ' HISTFILE= bash --norc --noprofile" 3>&-
	wait_until 20 shows 'ready>'
}

has_no_terminal()
{
	! tmux -L watch has-session
}

end_terminal()
{
	tmux -L watch kill-server || true
	wait_until 20 has_no_terminal
}

# start_watch [WATCH-OPTION...]
start_watch()
{
	start_terminal
	enter "$SSHIDLE watch --run-dir $RUN_DIR --config $WORK/conf" \
		"--path-timeout ${TIMEOUT_S}s $*"
	wait_until 20 shows 'q quit'
}

# enter WORD...: typed into the shell
enter()
{
	tmux -L watch send-keys -l "$*"
	tmux -L watch send-keys Enter
}

# press KEY...: as tmux names them
press()
{
	tmux -L watch send-keys -- "$@"
}

screen()
{
	tmux -L watch capture-pane -p
}

shows()
{
	has "$(screen)" "$1"
}

shows_not()
{
	[[ $(screen) != *"$1"* ]] || fail "the screen says '$1': $(screen)"
}

# In reverse, as the selected line is.
selected()
{
	tmux -L watch capture-pane -p -e | grep -E $'\e\\[([0-9;]*;)?7m' |
		sed 's/\x1b\[[0-9;]*m//g' | awk '{ print $1 }'
}

selected_is()
{
	equals "$(selected)" "$1" "the selected session"
}

# selected_is_line LINE: of those that are shown now, as sed counts them
selected_is_line()
{
	selected_is "$(ids | sed -n "$1p")"
}

# The ids from top to bottom.
ids()
{
	screen | awk '$1 ~ /^[0-9]+$/ { print $1 }'
}

@test "it shows the sessions, as list has them" {
	start_watch
	shows "$(uname -n): 4 sessions, 4 "
	shows 'SESSION USER PEER'
	equals "$(ids | sort)" "$(sshidle list --json | jq -r '.sessions[].id' | sort)" ids
	# What is silent gets older on the screen, without a key.
	wait_until 20 shows "$(($(milliseconds server "${PORT[first]}" .idle.wire_s) / 1000 + 2))s "
}

@test "keys: select, explain, help, back" {
	local lowest second

	start_watch --sort SESSION
	lowest=$(ids | head -n 1)
	wait_until 20 selected_is "$lowest"
	press End
	wait_until 20 selected_is_line '$'
	press Up Up Up Up Up
	wait_until 20 selected_is "$lowest"
	press Down
	wait_until 20 selected_is_line 2
	second=$(selected)
	press Enter
	wait_until 20 shows "Session: $second"
	shows 'LIMIT'
	press End
	wait_until 20 shows 'Mend:'
	press '?'
	wait_until 20 shows 'against the path'
	press Escape
	wait_until 20 shows 'SESSION USER'
	press x
	shows 'SESSION USER'
}

@test "keys: filter, sort, reverse, only what needs a person" {
	start_watch
	press / ":${PORT[first]}"
	wait_until 20 shows "filter: :${PORT[first]}_"
	wait_until 20 shows '1 shown'
	equals "$(ids)" "$id_first" 'the filtered session'
	press x
	wait_until 20 shows 'no session matches the filter'
	press BSpace Enter
	wait_until 20 shows "; filter :${PORT[first]}"
	equals "$(ids)" "$id_first" 'the filtered session'
	press Escape
	wait_until 20 shows_not '; filter'
	press '>'
	wait_until 20 shows 'by SESSION'
	equals "$(ids)" "$(ids | sort -n)" 'the order by id'
	press r
	wait_until 20 shows 'by -SESSION'
	equals "$(ids)" "$(ids | sort -rn)" 'the reverse order'
	press '>' '>'
	wait_until 20 shows 'by PEER'
	press '<' '<' '<'
	wait_until 20 shows_not 'by '
	end_terminal
	start_watch --path-timeout 1d
	press a
	wait_until 20 shows 'no session needs a person'
	press a
	wait_until 20 shows "$id_first"
}

@test "it fits the terminal, whatever its size becomes" {
	start_watch
	tmux -L watch resize-window -x 40 -y 10
	wait_until 20 shows 'SESSION CUT-IN VERDICT PEER'
	equals "$(screen | awk 'length > 40' | wc -l)" 0 'lines that are too long'
	equals "$(ids | wc -l)" 4 'sessions'
	press Enter
	wait_until 20 shows 'Session:'
	equals "$(screen | awk 'length > 40' | wc -l)" 0 'lines that are too long'
	press q
	tmux -L watch resize-window -x 20 -y 4
	wait_until 20 selected_is_line 1
	press End
	wait_until 20 selected_is_line '$'
	tmux -L watch resize-window -x 100 -y 1
	tmux -L watch resize-window -x 100 -y 16
	wait_until 20 shows 'SESSION USER PEER'
}

# put_back SETTINGS: the shell has its terminal again
put_back()
{
	wait_until 20 shows 'ready>'
	enter 'stty -g; echo "left with $?"'
	wait_until 20 shows "$1"
	wait_until 20 shows 'left with 0'
	shows_not 'SESSION USER'
	equals "$(tmux -L watch display-message -p '#{alternate_on} #{cursor_flag}')" '0 1' \
		'alternate screen, cursor'
}

@test "q, Ctrl-C and signals give the terminal back" {
	local settings signal

	start_terminal
	enter 'stty -g >"$TMUX_TMPDIR/stty"'
	wait_until 20 test -s "$WORK/stty"
	settings=$(<"$WORK/stty")
	end_terminal
	for signal in q C-c TERM HUP INT; do
		start_watch
		case $signal in
		q | C-c) press "$signal" ;;
		*) kill -"$signal" \
			"$(pgrep -P "$(tmux -L watch display-message -p '#{pane_pid}')")" ;;
		esac
		put_back "$settings"
		end_terminal
	done
}

@test "k sets keepalive on the selected session, and asks before" {
	local before

	before=$(end_of server "${PORT[second]}" '.keepalive.tcp | tostring')
	start_watch -p "$MARK_PORT"
	press / ":${PORT[second]}" Enter
	wait_until 20 selected_is "$id_second"
	press k
	wait_until 20 shows "on $id_second, y/n? It survives"
	press n
	wait_until 20 shows 'q quit'
	equals "$(end_of server "${PORT[second]}" .keepalive.tcp.set_by_sshidle)" false \
		'set after n'
	press k
	wait_until 20 shows "on $id_second, y/n? It survives"
	press y
	wait_until 20 shows "keepalive of $id_second: set"
	equals "$(end_of server "${PORT[second]}" .keepalive.tcp.set_by_sshidle)" true 'set after y'
	press k
	wait_until 20 shows "keepalive of $id_second: unchanged"
	[[ $(end_of server "${PORT[second]}" '.keepalive.tcp | tostring') != "$before" ]]
}

@test "who may not set keepalive is told so, without a question" {
	start_terminal
	enter "setpriv --reuid nobody --regid $GROUP --clear-groups $WORK/sshidle watch" \
		"--run-dir $RUN_DIR"
	wait_until 20 shows 'q quit'
	press k
	wait_until 20 shows "another user's keepalive takes root or CAP_SYS_PTRACE"
}

@test "who owns the client may set its keepalive" {
	[[ $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null) != [1-3] ]] ||
		skip "kernel.yama.ptrace_scope is not 0"
	start_nobodys_client mine "$GROUP"
	start_terminal
	enter "setpriv --reuid nobody --regid $GROUP --clear-groups $WORK/sshidle watch" \
		"--run-dir $RUN_DIR"
	wait_until 20 shows 'q quit'
	press / nobody Enter
	wait_until 20 selected_is "$(end_of client "${PORT[mine]}" .id)"
	press k
	wait_until 20 shows 'It survives'
	press y
	wait_until 20 shows ': set'
	wait_until 20 holds client "${PORT[mine]}" '.keepalive.tcp.idle_s < 7200'
}

@test "how a session ended stands at the bottom" {
	open_plain brief "$(waits_for brief)"
	start_watch
	wait_until 20 shows '6 sessions'
	go_on brief
	wait_until 30 shows ' has ended: fin-'
	wait_until 20 shows '4 sessions'
}

# While the recorder is gone what was seen stays, with the reason, and nobody presses a key.
waits_for_the_next()
{
	wait_until 20 shows '4 sessions'
	sshidle detach
	wait_until 20 shows 'no recorder is attached any more: waiting for the next'
	shows "$id_first"
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	wait_until 20 shows 'q quit'
	wait_until 20 shows '4 sessions'
}

@test "a recorder that goes away is waited for" {
	start_terminal
	enter "setpriv --reuid nobody --regid $GROUP --clear-groups $WORK/sshidle watch" \
		"--run-dir $RUN_DIR"
	waits_for_the_next
	end_terminal
	start_watch
	waits_for_the_next
}

@test "root without a recorder is told at the top, and that there is no undo" {
	start_terminal
	enter "$SSHIDLE watch --run-dir $WORK/none --config $WORK/conf -p $MARK_PORT"
	wait_until 20 shows "4 sessions"
	shows "no recorder: 'sshidle attach' sees more"
	press k
	wait_until 20 shows ', without undo, y/n? It survives'
	press n
	end_terminal
	start_watch
	shows_not "no recorder"
}

@test "a terminal that cannot be driven is no crash" {
	run -1 --separate-stderr timeout 30 script -qec \
		"TERM=no-such $SSHIDLE watch --run-dir $RUN_DIR" /dev/null
	has "$output" 'sshidle: this terminal cannot be driven: TERM is "no-such"'
}
