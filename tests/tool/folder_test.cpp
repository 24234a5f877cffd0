// SPDX-License-Identifier: Apache-2.0
#include "tests/tool/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/tool/process.hpp"
#include "verify/npy.hpp"
#include "verify/random.hpp"

namespace flashrnn::test {
namespace {

using ::testing::HasSubstr;
using Shape = std::vector<std::int64_t>;

/// ||a - b|| / ||b||
double distance(const verify::Array& a, const verify::Array& b) {
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < b.data.size(); ++i) {
    difference += (a.data[i] - b.data[i]) * (a.data[i] - b.data[i]);
    size += b.data[i] * b.data[i];
  }
  return std::sqrt(difference / size);
}

void expect_close(const std::filesystem::path& file, const std::filesystem::path& expected) {
  const verify::Array a = verify::read_npy(file);
  const verify::Array b = verify::read_npy(expected);
  ASSERT_EQ(a.shape, b.shape) << file;
  EXPECT_LE(distance(a, b), 1e-5) << file;
}

// A case that PyTorch computed in fp64, handed over as a user hands over tensors of their own.
TEST(Folders, HoldRealInputAndResults) {
  const std::filesystem::path golden = std::filesystem::path(FLASHRNN_GOLDEN_DIR) / "nx_lstm_B3_T7_N2_D16_init";
  const Folder in;
  const Folder out;
  for (const auto& [from, to] : std::map<std::string, std::string>{{"Wx", "Wx"},
                                                                   {"R", "R"},
                                                                   {"b", "b"},
                                                                   {"states0", "initial_states"},
                                                                   {"dy", "dstates"},
                                                                   {"dlast", "dfinal_states"}}) {
    std::filesystem::copy_file(golden / (from + ".npy"), in.path() / (to + ".npy"));
  }
  const Outcome outcome = run_tool(
      {"run", "--cell", "lstm", "--sequence", "all", "--input", in.path().string(), "--output", out.path().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("lstm fp32 B=3 T=7 N=2 D=16"));
  expect_close(out.path() / "states.npy", golden / "states.npy");
  expect_close(out.path() / "dWx.npy", golden / "dWx.npy");
  expect_close(out.path() / "dR.npy", golden / "dR.npy");
  expect_close(out.path() / "db.npy", golden / "db.npy");
  expect_close(out.path() / "dinitial_states.npy", golden / "dstates0.npy");
}

class SmallFolder : public ::testing::Test {
 protected:
  static constexpr std::int64_t kB = 3, kT = 4, kN = 2, kD = 5, kGates = 3;

  SmallFolder() {
    verify::Random random(5);
    write_npy(in_.path() / "R.npy", {kGates, kN, kD, kD}, random.reals(kGates * kN * kD * kD, -0.5, 0.5));
    Wx_ = random.reals(kB * kT * kGates * kN * kD, -1.0, 1.0);
    write_npy(in_.path() / "Wx.npy", {kB, kT, kGates, kN, kD}, Wx_);
  }

  [[nodiscard]] Outcome run(const std::string& more = "") const {
    std::vector<std::string> arguments = words("run --cell gru --json " + more);
    arguments.insert(arguments.end(), {"--input", in_.path().string()});
    return run_tool(arguments);
  }

  static nlohmann::json result(const Outcome& outcome, const std::string& name) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const nlohmann::json whole = nlohmann::json::parse(outcome.out);
    for (const nlohmann::json& r : whole["results"]) {
      if (r["name"] == name) return r;
    }
    ADD_FAILURE() << "no result " << name;
    return {};
  }

  Folder in_;
  std::vector<double> Wx_;
};

TEST_F(SmallFolder, WithoutGradientsRunsTheForwardAlone) {
  const Outcome outcome = run();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["pass"], "inf");
  EXPECT_EQ(json["problem"]["batch"], kB);
  EXPECT_EQ(json["problem"]["head_dim"], kD);
  const Outcome asked = run("--pass fwbw");
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, HasSubstr("has neither dstates.npy nor dfinal_states.npy"));
}

TEST_F(SmallFolder, PackedRowsGiveWhatPaddedRowsGive) {
  const Shape lengths{4, 0, 2};
  write_npy(in_.path() / "lengths.npy", {kB}, {4, 0, 2});
  const nlohmann::json padded = result(run(), "final_states");

  std::vector<double> tokens;
  const std::int64_t token = kGates * kN * kD;
  for (std::int64_t row = 0; row < kB; ++row) {
    const auto begin = Wx_.begin() + row * kT * token;
    tokens.insert(tokens.end(), begin, begin + lengths[static_cast<std::size_t>(row)] * token);
  }
  write_npy(in_.path() / "Wx.npy", {6, kGates, kN, kD}, tokens);
  write_npy(in_.path() / "cu_seqlens.npy", {kB + 1}, {0, 4, 4, 6});
  std::filesystem::remove(in_.path() / "lengths.npy");
  const nlohmann::json packed = result(run(), "final_states");
  EXPECT_GT(packed["norm"], 0.0);
  EXPECT_EQ(packed["checksum"], padded["checksum"]);

  write_npy(in_.path() / "cu_seqlens.npy", {kB + 1}, {0, 4, 3, 6});
  const Outcome wrong = run();
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("cu_seqlens.npy must start at 0, must not fall"));
}

TEST_F(SmallFolder, ResetsBeginTheRowsAnew) {
  const nlohmann::json whole = result(run(), "final_states");
  write_npy(in_.path() / "resets.npy", {kB, kT}, {0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0});
  const nlohmann::json cut = result(run(), "final_states");
  EXPECT_NE(cut["checksum"], whole["checksum"]);

  // The last two steps alone, from zero states, are what follows the reset.
  std::vector<double> last;
  const std::int64_t token = kGates * kN * kD;
  for (std::int64_t row = 0; row < kB; ++row) {
    const auto begin = Wx_.begin() + (row * kT + 2) * token;
    last.insert(last.end(), begin, begin + 2 * token);
  }
  std::filesystem::remove(in_.path() / "resets.npy");
  write_npy(in_.path() / "Wx.npy", {kB, 2, kGates, kN, kD}, last);
  EXPECT_EQ(result(run(), "final_states")["checksum"], cut["checksum"]);
}

TEST_F(SmallFolder, ExplainsFilesThatDoNotFit) {
  const auto expect_error = [&](const std::string& says, const std::string& more = "") {
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(says));
  };
  expect_error("--batch is 7 and the files of --input say 3; leave the option away.", "-B 7");
  expect_error("--lengths is for random input; with --input leave it away", "--lengths random");
  write_npy(in_.path() / "b.npy", {3, kN, kD}, std::vector<double>(3 * kN * kD));
  expect_error("b.npy has the shape [3, 2, 5]; for this cell and the shape of Wx.npy it must be [4, 2, 5].");
  std::filesystem::remove(in_.path() / "b.npy");
  write_npy(in_.path() / "lengths.npy", {kB}, {1, 2, 5});
  expect_error("lengths.npy has the value 5; it takes whole numbers from 0 to 4.");
  std::filesystem::remove(in_.path() / "lengths.npy");
  std::filesystem::remove(in_.path() / "R.npy");
  expect_error("has no R.npy, which is required.");
  std::ofstream(in_.path() / "Wx.npy") << "text";
  expect_error("Wx.npy is not a NumPy file.");
}

TEST(Output, WritesEachType) {
  for (const std::string dtype : {"fp32", "bf16", "fp16"}) {
    const Folder out;
    const Outcome outcome = run_tool(
        {"run", "-B", "2", "-T", "3", "-N", "1", "-D", "4", "--dtype", dtype, "--output", out.path().string()});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    std::ifstream file(out.path() / "states.npy", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::string type = dtype == "fp16" ? "'<f2'" : "'<f4'";
    EXPECT_THAT(bytes, HasSubstr("{'descr': " + type + ", 'fortran_order': False, 'shape': (1, 2, 3, 1, 4), }"));
    const std::size_t elements = 2 * 3 * 4;
    EXPECT_EQ(bytes.size() % 64, elements * (dtype == "fp16" ? 2 : 4) % 64);
  }
}

}  // namespace
}  // namespace flashrnn::test
