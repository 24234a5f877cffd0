// SPDX-License-Identifier: Apache-2.0
#include "tests/tool/process.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <stdexcept>

namespace flashrnn::test {
namespace {

/// The two ends of a pipe, or of a pseudo terminal.
struct Channel {
  int read_end = -1;
  int write_end = -1;

  explicit Channel(bool terminal) {
    std::array<int, 2> ends{};
    const int failed = terminal ? openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) : pipe(ends.data());
    if (failed != 0) throw std::runtime_error("no pipe to the program");
    read_end = ends[0];
    write_end = ends[1];
  }
};

/// Reads both until the program has closed them.
void drain(int out, int err, Outcome* outcome) {
  std::array<pollfd, 2> ends{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  std::array<char, 4096> buffer{};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    poll(ends.data(), ends.size(), -1);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t count = read(ends[i].fd, buffer.data(), buffer.size());
      if (count <= 0) {  // a closed pseudo terminal is an error, EIO
        ends[i].fd = -1;
      } else {
        (i == 0 ? outcome->out : outcome->err).append(buffer.data(), static_cast<std::size_t>(count));
      }
    }
  }
}

}  // namespace

Outcome run_tool(const std::vector<std::string>& arguments, bool terminal) {
  std::vector<std::string> all{FLASHRNN_TOOL};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : all) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const Channel out(false);
  const Channel err(terminal);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process for the program");
  if (child == 0) {
    dup2(out.write_end, STDOUT_FILENO);
    dup2(err.write_end, STDERR_FILENO);
    for (const int end : {out.read_end, out.write_end, err.read_end, err.write_end}) close(end);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(out.write_end);
  close(err.write_end);
  Outcome outcome;
  drain(out.read_end, err.read_end, &outcome);
  close(out.read_end);
  close(err.read_end);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

}  // namespace flashrnn::test
