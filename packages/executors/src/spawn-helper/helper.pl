# Starts children for the server, which is too large to fork itself: does what helper-main.ts does, in a process of 5 MB
# whose fork costs a fifth of a millisecond. Perl 5.10 or later without any module, since each would be copied by every
# fork. Lives exactly as long as the socket to the server; when that closes, every group it started is killed. The frames
# are those of frames.ts and messages.ts.

# Kinds of frames.
sub SPAWN()  { 1 }
sub INPUT()  { 2 }
sub SIGNAL() { 3 }
sub READY()   { 9 }
sub STARTED() { 10 }
sub OUTPUT()  { 11 }
sub END_NOTE() { 13 }
# Kinds of ends.
sub EXITED()        { 0 }
sub SIGNALLED()     { 1 }
sub FILE_FAILED()   { 2 }
sub FOLDER_FAILED() { 3 }
# Numbers that are the same on every system with a Perl.
sub WNOHANG() { 1 }
sub ENOENT()  { 2 }
sub ESRCH()   { 3 }
sub EINTR()   { 4 }
sub EACCES()  { 13 }
sub ENOTDIR() { 20 }

sub SERVER_FD()   { 3 }
sub EXEC_FAILED() { 127 }
sub CHUNK_BYTES() { 65_536 }
sub USABLE_MAX()  { 1_000 }
sub WRITE_ABOVE_BYTES() { 262_144 }
# A started note waits this long for the end of a short run, to leave in one write with it.
sub NOTE_SECONDS() { 0.002 }
sub NOTE_TURNS()   { 8 }
# How often to look at what tells nothing: a child between fork and exec, or one whose output closed a moment ago.
sub SOON_SECONDS() { 0.001 }
sub SOON_LOOKS()   { 5 }
# How often a group that was asked to end is looked at once its first process is gone.
sub GROUP_SECONDS() { 0.05 }
# How long a killed run may keep its output open through a process that left its group, in such looks.
sub KILLED_LOOKS() { 20 }

$0 = 'dkron-spawn-helper';
# Needed for this process's own start only: a plain locale is less to copy, and each child would look up anew the
# functions of libraries that this process never calls.
delete @ENV{qw(LC_ALL LD_BIND_NOW)};
# A service manager that stops the server signals its whole cgroup; the server decides what becomes of the runs.
my @ignored = qw(TERM INT HUP PIPE);
$SIG{$_} = 'IGNORE' for @ignored;
my $child_ended = 0;
# Interrupts select. Should it come right before, the next look finds the child.
$SIG{CHLD} = sub { $child_ended = 1 };

open(my $server, '+<&=', SERVER_FD) or die "no socket to the server: $!\n";
# Children tell here why they could not become their program: run, kind and error number.
pipe(my $failures, my $failed) or die "no pipe: $!\n";

my %runs;       # by run number
my %run_of;     # run by process id, until it is collected
my %reader_of;  # [run, handle, is stderr] by descriptor
my %noted;      # runs whose started note was not said, by run number
my %unsaid;     # runs with a signal that found no group yet, by run number
my %dying;      # runs that are looked at every GROUP_SECONDS, by run number
my %closed;     # runs whose output closed before their process ended, by run number
my $dying_in = 0;
my $noted_turns = 0;
my %usable;     # programs that had no obstacle; should one come later, exec tells
my $watched = '';
vec($watched, fileno($server), 1) = 1;
my ($in, $out, $waiting) = ('', '', undef);

sub frame { $out .= pack('NCNa*', length($_[2]) + 5, @_[0, 1, 2]) }

sub flush_out {
  for my $run (values %noted) {
    my $time = $run_of{ $run->{pid} } ? start_time($run->{pid}) : '';
    frame(STARTED, $run->{run}, pack('N', $run->{pid}) . $time);
  }
  %noted = ();
}

# Everything said so far leaves. The server always reads, so waiting for room here is how its pace reaches the children.
sub write_out {
  my $at = 0;
  while ($at < length $out) {
    my $done = syswrite($server, $out, length($out) - $at, $at);
    if (defined $done) { $at += $done }
    elsif ($! != EINTR) { leave() }
  }
  $out = '';
}

sub leave {
  for my $run (values %runs) { signal_group($run, 'KILL') || kill('KILL', $run->{pid}) }
  exit 0;
}

# Fields of /proc/<pid>/stat from 3 on. The name, field 2, may itself hold brackets and blanks: count from its end.
sub stat_of {
  open(my $file, '<', "/proc/$_[0]/stat") or return;
  sysread($file, my $text, 4096) or return;
  return split ' ', substr($text, rindex($text, ')') + 2);
}

sub start_time { (stat_of($_[0]))[19] // '' }

# A number cannot be given out again while the group has members: where there is a process with the number of a collected
# one, the group is gone.
sub signal_group {
  my ($run, $name) = @_;
  return 1 if !$run_of{ $run->{pid} } && kill(0, $run->{pid});
  return kill($name, -$run->{pid});
}

# Whether somebody in the group still runs. Ended processes that nobody collected do not count.
sub group_runs {
  my $group = $_[0];
  return 0 unless kill(0, -$group);
  opendir(my $folder, '/proc') or return 1;
  return 1 unless -e '/proc/self/stat';
  for my $pid (readdir $folder) {
    next unless $pid =~ /^\d+$/;
    my ($state, undef, $its_group) = stat_of($pid);
    return 1 if defined $its_group && $its_group == $group && $state ne 'Z' && $state ne 'X';
  }
  return 0;
}

sub refuse { frame(END_NOTE, $_[0], pack('CN', $_[1], $_[2])) }

# Why a program or folder cannot be used, without a fork to find out. Only what is certain; permissions are for exec.
sub obstacle {
  my ($file, $folder, $path) = @_;
  if ($folder ne '') {
    return (FOLDER_FAILED, $! + 0) unless stat $folder;
    return (FOLDER_FAILED, ENOTDIR) unless -d _;
  }
  my $error = ENOENT;
  for my $prefix (index($file, '/') >= 0 ? '' : map { $_ eq '' ? './' : "$_/" } split /:/, $path, -1) {
    my $candidate = "$prefix$file";
    $candidate = "$folder/$candidate" if $folder ne '' && $candidate !~ m{^/};
    my $mode = (stat $candidate)[2];
    if (!defined $mode) { $error = $! + 0 if $prefix eq '' }
    elsif ($mode & 0111 && !-d _) { return }
    else { $error = EACCES }
  }
  return (FILE_FAILED, $error);
}

# A child's whole input as a file that has no name any more. A pipe would not do: a script that opens /dev/stdin after
# the last byte was written would wait for another writer for ever.
my $inputs = 0;

sub input_file {
  my $path = ($ENV{TMPDIR} || '/tmp') . "/dkron-spawn-$$-" . $inputs++;
  sysopen(my $writer, $path, 0301, 0600) or return;    # O_WRONLY | O_CREAT | O_EXCL
  my ($at, $reader) = (0);
  while ($at < length $_[0]) {
    my $done = syswrite($writer, $_[0], length($_[0]) - $at, $at);
    if (defined $done) { $at += $done }
    elsif ($! != EINTR) { last }
  }
  my $error = $at < length $_[0] ? $! + 0 : 0;
  # For su: its user may open the input by name.
  $error ||= $! + 0 unless chmod(0666, $path) && open($reader, '<', $path);
  unlink $path;
  $! = $error;
  return $error ? undef : $reader;
}

# In the child: what it could not do is told through the pipe, which its program will not have.
sub fail_child { syswrite($failed, pack('NCN', @_)); exit EXEC_FAILED }

sub become {
  my ($run, $uid, $gid, $input, $stdout, $stderr, $file, $name, $folder, $args, $env) = @_;
  # Before there is a group: until then the helper keeps signals back. What has a handler, CHLD, exec resets.
  $SIG{$_} = 'DEFAULT' for @ignored;
  setpgrp(0, 0) or fail_child($run, FILE_FAILED, $!);
  open(STDIN,  '<&', $input)  or fail_child($run, FILE_FAILED, $!) if $input;
  open(STDOUT, '>&', $stdout) or fail_child($run, FILE_FAILED, $!);
  open(STDERR, '>&', $stderr) or fail_child($run, FILE_FAILED, $!);
  if ($folder ne '') { chdir $folder or fail_child($run, FOLDER_FAILED, $!) }
  if ($gid >= 0) {
    $) = "$gid $gid";
    $( = $gid;
    fail_child($run, FILE_FAILED, $! || 1) if $( != $gid || $) != $gid;
  }
  if ($uid >= 0) {
    ($<, $>) = ($uid, $uid);
    fail_child($run, FILE_FAILED, $! || 1) if $< != $uid || $> != $uid;
  }
  # Changes nothing but the environment: each page that a child writes to is copied for it.
  for (my $i = 0; $i < @$env; $i += 2) { $ENV{ $env->[$i] } = $env->[ $i + 1 ] }
  exec {$file} $name, @$args;
  fail_child($run, FILE_FAILED, $!);
}

sub start {
  my ($number, $order, $bytes) = @_;
  my ($uid, $gid, $has_input, $count, $file, $name, $folder, @rest) = unpack('l>l>CN(N/a)*', $order);
  my @args = splice @rest, 0, $count;
  my %env = @rest;
  if ($uid < 0) {
    my $path = $env{PATH} // $ENV{PATH} // '/bin:/usr/bin';
    my $place = "$folder\0$file\0$path";
    if (!$usable{$place}) {
      my ($kind, $error) = obstacle($file, $folder, $path);
      return refuse($number, $kind, $error) if defined $kind;
      %usable = () if keys %usable >= USABLE_MAX;
      $usable{$place} = 1;
    }
  }
  my $input;
  if (defined $bytes) { $input = input_file($bytes) or return refuse($number, FILE_FAILED, $! + 0) }
  my ($out_r, $out_w, $err_r, $err_w);
  pipe($out_r, $out_w) && pipe($err_r, $err_w) or return refuse($number, FILE_FAILED, $! + 0);
  # For su: its user may open its own output by name.
  if ($uid >= 0) { chown $uid, $gid, $_ for $out_w, $err_w }
  my $pid = fork();
  return refuse($number, FILE_FAILED, $! + 0) unless defined $pid;
  become($number, $uid, $gid, $input, $out_w, $err_w, $file, $name, $folder, \@args, \@rest) if $pid == 0;
  my $run = { run => $number, pid => $pid, open => 2, readers => [$out_r, $err_r] };
  $runs{$number} = $run_of{$pid} = $noted{$number} = $run;
  for my $stderr (0, 1) {
    my $fd = fileno $run->{readers}[$stderr];
    $reader_of{$fd} = [$run, $run->{readers}[$stderr], $stderr];
    vec($watched, $fd, 1) = 1;
  }
}

sub take {
  my ($kind, $number, $body) = @_;
  if ($kind == SPAWN) {
    if (unpack('x8C', $body)) { $waiting = $body }
    else { start($number, $body) }
  } elsif ($kind == INPUT && defined $waiting) {
    start($number, $waiting, $body);
    undef $waiting;
  } elsif ($kind == SIGNAL && $runs{$number}) {
    ask_to_end($runs{$number}, $body);
  }
}

sub ask_to_end {
  my ($run, $name) = @_;
  $name =~ s/^SIG//;
  $run->{terminating} = 1;
  if ($name eq 'KILL') {
    $run->{killed} = 1;
    look_later($run) if defined $run->{end};
  }
  return if signal_group($run, $name) || $! != ESRCH || !$run_of{$run->{pid}};
  push @{ $run->{signals} }, $name;
  $unsaid{ $run->{run} } = $run;
}

# Signals for children that had no group yet when they came.
sub say_again {
  for my $run (values %unsaid) {
    my $signals = $run->{signals};
    while (@$signals) {
      last if !signal_group($run, $signals->[0]) && $! == ESRCH && $run_of{ $run->{pid} };
      shift @$signals;
    }
    delete $unsaid{ $run->{run} } unless @$signals;
  }
}

sub read_server {
  my $count = sysread($server, $in, CHUNK_BYTES, length $in);
  if (!defined $count) { $! == EINTR ? return : leave() }
  leave() if $count == 0;
  my $at = 0;
  while (length($in) - $at >= 9) {
    my ($length, $kind, $number) = unpack("x${at}NCN", $in);
    last if length($in) - $at < 4 + $length;
    take($kind, $number, substr($in, $at + 9, $length - 5));
    $at += 4 + $length;
  }
  substr($in, 0, $at) = '' if $at > 0;
}

sub close_reader {
  my $fd = $_[0];
  my ($run, $handle, $stderr) = @{ delete $reader_of{$fd} };
  vec($watched, $fd, 1) = 0;
  close $handle;
  undef $run->{readers}[$stderr];
  $run->{open}--;
}

sub read_child {
  my $fd = $_[0];
  my ($run, $handle, $stderr) = @{ $reader_of{$fd} or return };
  my $count = sysread($handle, my $bytes, CHUNK_BYTES);
  if ($count) {
    flush_out();
    frame(OUTPUT + $stderr, $run->{run}, $bytes);
    write_out() if length $out > WRITE_ABOVE_BYTES;
  } elsif (defined $count || $! != EINTR) {
    close_reader($fd);
    $closed{ $run->{run} } = 0 if $run->{open} == 0 && !defined $run->{end};
    settle($run);
  }
}

sub collect {
  while (%run_of && (my $pid = waitpid(-1, WNOHANG)) > 0) {
    my $status = $?;
    my $run = delete $run_of{$pid} or next;
    $run->{end} = $status & 127 ? pack('CN', SIGNALLED, $status & 127) : pack('CN', EXITED, $status >> 8);
    if ($status >> 8 == EXEC_FAILED) { note_failures() }
    delete $noted{ $run->{run} } if delete $run->{never_ran};
    delete $closed{ $run->{run} };
    settle($run);
  }
}

# Called only when a child ended as one does that failed; what it had to say is there by then.
sub note_failures {
  my $ready = '';
  vec($ready, fileno($failures), 1) = 1;
  while (select(my $now = $ready, undef, undef, 0) > 0) {
    last unless (sysread($failures, my $bytes, 9) // 0) == 9;
    my ($number, $kind, $error) = unpack('NCN', $bytes);
    my $run = $runs{$number} or next;
    $run->{failure} = pack('CN', $kind, $error);
    $run->{never_ran} = 1;
  }
}

sub settle {
  my $run = $_[0];
  return unless defined $run->{end};
  if ($run->{open} > 0) { return $run->{killed} && look_later($run) }
  if ($run->{terminating} && group_runs($run->{pid})) { return look_later($run) }
  delete $dying{ $run->{run} };
  delete $unsaid{ $run->{run} };
  delete $runs{ $run->{run} };
  flush_out();
  frame(END_NOTE, $run->{run}, $run->{failure} // $run->{end});
}

sub look_later {
  $dying_in = GROUP_SECONDS unless %dying;
  $dying{ $_[0]{run} } = $_[0];
}

sub look_at_dying {
  for my $run (values %dying) {
    if ($run->{killed} && $run->{open} > 0 && ++$run->{looks} >= KILLED_LOOKS) {
      close_reader(fileno $_) for grep { defined $_ } @{ $run->{readers} };
      $run->{terminating} = 0;
    }
    settle($run);
  }
}

# Seconds until something has to be looked at; undefined when nothing has to.
sub patience {
  return SOON_SECONDS if %unsaid;
  for my $looks (values %closed) { return SOON_SECONDS if $looks < SOON_LOOKS }
  return NOTE_SECONDS if %noted;
  return $dying_in if %dying;
  return %closed ? GROUP_SECONDS : undef;
}

sub turn {
  my $seconds = patience();
  my $ready = $watched;
  my ($count, $left) = select($ready, undef, undef, $seconds);
  if ($count > 0) {
    my $bits = unpack('b*', $ready);
    for (my $fd = index($bits, '1'); $fd >= 0; $fd = index($bits, '1', $fd + 1)) {
      if ($fd == SERVER_FD) { read_server() }
      else { read_child($fd) }
    }
  } elsif ($count == 0) {
    $_++ for values %closed;
  }
  if ($child_ended || %closed) {
    $child_ended = 0;
    collect();
  }
  say_again() if %unsaid;
  if (%dying && defined $seconds && ($dying_in -= $count == 0 ? $seconds : $seconds - $left) <= 0) {
    $dying_in = GROUP_SECONDS;
    look_at_dying();
  }
  $noted_turns = %noted ? $noted_turns + 1 : 0;
  flush_out() if %noted && ($count == 0 || $noted_turns > NOTE_TURNS);
  write_out() if $out ne '';
}

frame(READY, 0, '{}');
write_out();
turn() while 1;
