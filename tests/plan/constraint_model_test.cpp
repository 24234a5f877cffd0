// SPDX-License-Identifier: Apache-2.0
#include "common/plan/constraint_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace flashrnn::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kTiles = R"(
  var TILE in [16, 32, 64];
  var WARPS in [1, 2, 4, 8];
  var KEPT in 0..16;
  KEPT <= DEPTH;
  THREADS == 32 * WARPS;
  SHARED_BYTES == 4 * TILE * DEPTH;
  REGISTERS == 20 + 4 * KEPT * TILE / WARPS;
  THREADS <= THREADS_LIMIT;
  SHARED_BYTES <= SHARED_BYTES_LIMIT;
  REGISTERS <= REGISTERS_LIMIT;
)";

ModelDefinition tiles(std::string_view text = kTiles) {
  return {.name = "tiles",
          .texts = {text},
          .inputs = {"DEPTH", "THREADS_LIMIT", "SHARED_BYTES_LIMIT", "REGISTERS_LIMIT"},
          .limits = {{"THREADS", "threads of a block", ""},
                     {"SHARED_BYTES", "shared memory of a block", "B"},
                     {"REGISTERS", "registers of a thread", ""}},
          .decisions = {{"TILE", ValueOrder::kLargestFirst}, {"WARPS"}}};
}

std::vector<Input> inputs(std::int64_t depth, std::int64_t threads, std::int64_t shared, std::int64_t registers) {
  return {{"DEPTH", depth},
          {"THREADS_LIMIT", threads},
          {"SHARED_BYTES_LIMIT", shared},
          {"REGISTERS_LIMIT", registers},
          {"ANOTHER_MODELS", 7}};
}

/// What a brute force finds: the most KEPT for each TILE and WARPS, in the order of the decisions.
std::vector<std::vector<std::int64_t>> by_hand(std::int64_t depth, std::int64_t threads, std::int64_t shared,
                                               std::int64_t registers) {
  std::vector<std::vector<std::int64_t>> all;
  for (const std::int64_t tile : {64, 32, 16}) {
    for (const std::int64_t warps : {1, 2, 4, 8}) {
      for (std::int64_t kept = std::min<std::int64_t>(16, depth); kept >= 0; --kept) {
        if (4 * kept * tile % warps != 0 || 20 + 4 * kept * tile / warps > registers) continue;
        if (32 * warps <= threads && 4 * tile * depth <= shared) all.push_back({tile, warps, kept});
        break;
      }
    }
  }
  return all;
}

TEST(ConstraintModel, FindsWhatABruteForceFinds) {
  const ConstraintModel model(tiles());
  ASSERT_THAT(model.errors(), IsEmpty());
  for (const std::int64_t depth : {1, 3, 64, 500, 900}) {
    for (const std::int64_t registers : {20, 150, 255}) {
      const auto given = inputs(depth, 128, 100000, registers);
      const Configurations found = model.find(given);
      EXPECT_TRUE(found.complete);
      std::vector<std::vector<std::int64_t>> rows;
      for (const Row& row : found.rows) {
        rows.push_back({row[model.slot("TILE")], row[model.slot("WARPS")], row[model.slot("KEPT")]});
        EXPECT_EQ(model.check(given, row), "");
      }
      EXPECT_EQ(rows, by_hand(depth, 128, 100000, registers)) << depth << " " << registers;
    }
  }
}

TEST(ConstraintModel, StopsAtTheNumberAskedFor) {
  const ConstraintModel model(tiles());
  const Configurations found = model.find(inputs(64, 256, 100000, 255), 2);
  EXPECT_EQ(found.rows.size(), 2);
  EXPECT_FALSE(found.complete);
}

TEST(ConstraintModel, NamesTheLimitThatRefusesInFigures) {
  const ConstraintModel model(tiles());
  EXPECT_EQ(model.refusal(inputs(64, 256, 100000, 255)), "");
  EXPECT_EQ(model.refusal(inputs(900, 256, 50000, 255)), "shared memory of a block: 56 KB > 49 KB");
  EXPECT_EQ(model.refusal(inputs(64, 16, 100000, 255)), "threads of a block: 32 > 16");
  EXPECT_EQ(model.refusal(inputs(64, 256, 100000, 19)), "registers of a thread: 20 > 19");
}

TEST(ConstraintModel, NamesLimitsThatRefuseTogether) {
  const std::string text = std::string(kTiles) + "KEPT == 16; TILE >= 32;";
  const ConstraintModel model(tiles(text));
  EXPECT_EQ(
      model.refusal(inputs(64, 64, 100000, 300)),
      "registers of a thread: 1044 > 300, with threads of a block within 64, shared memory of a block within 98 KB");
}

TEST(ConstraintModel, NamesConstraintsThatNoLimitIsBehind) {
  const std::string text = std::string(kTiles) + "TILE % (DEPTH + 1) == 0;";
  const ConstraintModel model(tiles(text));
  EXPECT_THAT(model.refusal(inputs(100, 256, 100000, 255)), HasSubstr("TILE % (DEPTH + 1) == 0"));
}

TEST(ConstraintModel, ChecksWithoutTheSearch) {
  const ConstraintModel model(tiles());
  const auto given = inputs(64, 256, 100000, 255);
  Row row = model.find(given, 1).rows.at(0);
  row[model.slot("SHARED_BYTES")] += 1;
  EXPECT_THAT(model.check(given, row), HasSubstr("SHARED_BYTES == 4 * TILE * DEPTH"));
  row[model.slot("SHARED_BYTES")] -= 1;
  EXPECT_THAT(model.check(inputs(64, 256, 1000, 255), row), HasSubstr("SHARED_BYTES <= SHARED_BYTES_LIMIT"));
  row.pop_back();
  EXPECT_THAT(model.check(given, row), HasSubstr("values"));
}

TEST(ConstraintModel, TellsWhatEachLimitComesTo) {
  const ConstraintModel model(tiles());
  const Row row = model.find(inputs(64, 256, 100000, 255), 1).rows.at(0);
  const std::vector<LimitUse> usage = model.usage(row);
  ASSERT_EQ(usage.size(), 3);
  EXPECT_EQ(usage[1].limit->what, "shared memory of a block");
  EXPECT_EQ(usage[1].used, 4 * 64 * 64);
  EXPECT_EQ(usage[1].available, 100000);
}

TEST(ConstraintModel, RefusesModelsThatDoNotKeepTheForm) {
  EXPECT_THAT(ConstraintModel(tiles("TILE == ;")).errors().at(0), HasSubstr("tiles, line 1, column 9"));
  const ConstraintModel missing(tiles("TILE == WARPS;"));
  EXPECT_THAT(missing.errors(), testing::Contains("tiles: the input DEPTH is not in the text"));
  EXPECT_EQ(missing.find({}).error, missing.errors().front());
  std::string text(kTiles);
  text.replace(text.find("THREADS <= THREADS_LIMIT"), 24, "THREADS < THREADS_LIMIT ");
  EXPECT_THAT(ConstraintModel(tiles(text)).errors(), ElementsAre("tiles: the text lacks 'THREADS <= THREADS_LIMIT'"));
}

TEST(ConstraintModel, RefusesInputsThatAreMissingOrExcluded) {
  const std::string text = std::string(kTiles) + "var DEPTH in 1..1000;";
  const ConstraintModel model(tiles(text));
  EXPECT_EQ(model.find({}).error, "tiles: the input DEPTH has no value");
  EXPECT_EQ(model.find(inputs(1001, 256, 100000, 255)).error,
            "tiles: the input DEPTH is 1001, which its declaration excludes");
}

TEST(QuantityText, TellsBytesInTheScaleOfTheSmallerAndDifferencesAlways) {
  EXPECT_EQ(quantity_text(246784, "B", 232448), "241 KB");
  EXPECT_EQ(quantity_text(232448, "B", 246784), "227 KB");
  EXPECT_EQ(quantity_text(232500, "B", 232448), "227.1 KB");
  EXPECT_EQ(quantity_text(232449, "B", 232448), "232449 B");
  EXPECT_EQ(quantity_text(500, "B", 100000), "500 B");
  EXPECT_EQ(quantity_text(std::int64_t{20} << 20, "B", 232448), "20480 KB");
  EXPECT_EQ(quantity_text(256, "", 255), "256");
}

}  // namespace
}  // namespace flashrnn::plan
