// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_db/database.hpp"
#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {
namespace {

constexpr const char* kFixtures = HW_DB_TEST_FOLDER "/fixtures";

std::vector<std::string> messages(const std::filesystem::path& folder) {
  std::vector<std::string> texts;
  for (Problem problem : validate_folder(folder)) {
    problem.file = std::filesystem::path(problem.file).lexically_relative(folder).generic_string();
    texts.push_back(problem.to_string());
  }
  return texts;
}

/// One change to one file of the fixtures, and the whole message that it has to give.
struct Break {
  const char* name;
  const char* file;
  const char* from;
  const char* to;
  const char* message;
};

constexpr const char* kWidget = "nvidia/widget.json";
constexpr const char* kFamily = "nvidia/families/sm_00.json";
constexpr const char* kToy = "cpu/toy_one.json";

const Break kBreaks[] = {
    {"NoJson", kWidget, "\"sources\": {",
     "\"sources\": ", "nvidia/widget.json:10: syntax error while parsing object - unexpected ':'; expected '}'"},
    {"KeyTwice", kWidget, "\"isa\": \"sm_00\",", "\"isa\": \"sm_00\",\n  \"isa\": \"sm_00\",",
     "nvidia/widget.json:7: 'isa' stands twice"},
    {"NoObject", kToy, "", "[]", "cpu/toy_one.json:1: is no JSON object"},
    {"UnknownKey", kWidget, "\"isa\"", "\"colour\": \"red\",\n  \"isa\"",
     "nvidia/widget.json:6: colour: is no key of a device file; figures stand under \"figures\""},
    {"WrongName", kWidget, "\"nvidia/widget\"", "\"nvidia/gadget\"",
     "nvidia/widget.json:2: name: is 'nvidia/gadget'; of this file it has to be 'nvidia/widget'"},
    {"WrongVendor", kWidget, "\"vendor\": \"nvidia\"", "\"vendor\": \"amd\"",
     "nvidia/widget.json:3: vendor: is 'amd'; of this file it has to be 'nvidia'"},
    {"WrongKind", kWidget, "\"gpu\"", "\"cpu\"",
     "nvidia/widget.json:4: kind: is 'cpu'; of this file it has to be 'gpu'"},
    {"NoDescription", kWidget, "  \"description\": \"A device that no one builds\",\n", "",
     "nvidia/widget.json:1: description: is missing"},
    {"NoDriverNames", kWidget, "[\"NVIDIA Widget*\"]", "[]",
     "nvidia/widget.json:8: driver_names: has to be a list of at least one name"},
    {"BadCpuPattern", kToy, "model 1-3 7", "model 3-1",
     "cpu/toy_one.json:8: driver_names: has 'ToyProcessor family 9 model 3-1'; it has to be like 'AuthenticAMD family "
     "25 "
     "model 16-31' or 'implementer 0x41 part 0xd40'"},
    {"SourceKind", kWidget, "\"kind\": \"vendor\"", "\"kind\": \"rumour\"",
     "nvidia/widget.json:10: sources/sheet: its kind has to be vendor, measured or derived"},
    {"SourceWithoutDate", kWidget, ", \"date\": \"2020\"", "",
     "nvidia/widget.json:10: sources/sheet: has neither version nor date"},
    {"UnknownField", kWidget, "\"l2_bytes\"", "\"l3_bytes\"",
     "nvidia/widget.json:14: l3_bytes: is no field; the nearest is l2_bytes"},
    {"WrongUnit", kWidget, "\"l2_bytes\"", "\"l2_kb\"",
     "nvidia/widget.json:14: l2_kb: is no field; the nearest is l2_bytes, in B"},
    {"FigureWithoutSource", kWidget, "\"value\": 100, \"source\": \"sheet\"", "\"value\": 100",
     "nvidia/widget.json:13: compute_units: has no source"},
    {"BareFigure", kWidget, "{\"value\": 100, \"source\": \"sheet\", \"where\": \"page 1\"}", "100",
     "nvidia/widget.json:13: compute_units: has to be an object with value, source and where"},
    {"FigureWithoutValue", kWidget, "\"value\": 100, ", "", "nvidia/widget.json:13: compute_units: has no value"},
    {"TextForNumber", kWidget, "\"value\": 100", "\"value\": \"100\"",
     "nvidia/widget.json:13: compute_units: has to be a number"},
    {"FractionForCount", kWidget, "\"value\": 100,", "\"value\": 100.5,",
     "nvidia/widget.json:13: compute_units: has to be a whole number"},
    {"OutOfRange", kWidget, "\"value\": 1500", "\"value\": 1.5",
     "nvidia/widget.json:18: clock_mhz: is 1.5; plausible is 300 to 5000 MHz"},
    {"StrayMember", kWidget, "\"where\": \"page 2\"", "\"where\": \"page 2\", \"unit\": \"MHz\"",
     "nvidia/widget.json:18: clock_mhz: has 'unit'; it may have value, source, where and formula"},
    {"UnknownWord", "cpu/families/toy.json", "\"none\"", "\"vnni\"",
     "cpu/families/toy.json:14: matrix_extension: is 'vnni'; it has to be amx, sme or none"},
    {"SourceNowhere", kWidget, "\"value\": 1500, \"source\": \"sheet\"", "\"value\": 1500, \"source\": \"shet\"",
     "nvidia/widget.json:18: clock_mhz: its source 'shet' stands neither in this file nor in its families"},
    {"SourceUnused", kWidget, "\"sources\": {",
     "\"sources\": {\"spare\": {\"kind\": \"vendor\", \"title\": \"x\", "
     "\"date\": \"2020\"},",
     "nvidia/widget.json:9: sources/spare: is cited by no figure of this file"},
    {"NoPlace", kWidget, ", \"where\": \"page 2\"", "",
     "nvidia/widget.json:18: clock_mhz: does not say where in its source it stands"},
    {"DerivedWithoutFormula", kWidget, ", \"formula\": \"4096 * clock_mhz / 1000\"", "",
     "nvidia/widget.json:17: l2_gb_per_s: is derived, and has no formula"},
    {"FormulaOfAVendor", kWidget, "\"where\": \"page 2\"", "\"where\": \"page 2\", \"formula\": \"1500\"",
     "nvidia/widget.json:18: clock_mhz: has a formula, but its source is not derived"},
    {"FormulaDisagrees", kWidget, "\"value\": 6140", "\"value\": 7000",
     "nvidia/widget.json:17: l2_gb_per_s: is 7000, but its formula gives 6144"},
    {"FormulaBroken", kWidget, "4096 * clock_mhz / 1000", "4096 * clock",
     "nvidia/widget.json:17: l2_gb_per_s: its formula '4096 * clock' uses clock, which is no number of this device"},
    {"RateDisagrees", kWidget, "\"value\": 1024", "\"value\": 2048",
     "nvidia/widget.json:21: matrix_instructions/mma.bf16/flops_per_clock_per_compute_unit: is 2048, but its formula "
     "gives 1024"},
    {"InstructionIncomplete", kWidget, "\"name\": \"mma.bf16\"", "\"name\": \"mma.fp16\"",
     "nvidia/widget.json:20: matrix_instructions/mma.fp16: needs m, n, k, input, accumulate and source, here or in a "
     "family"},
    {"InstructionType", kFamily, "\"input\": \"bf16\"", "\"input\": \"int8\"",
     "nvidia/families/sm_00.json:25: matrix_instructions/mma.bf16/input: has to be bf16, fp16, tf32 or fp32"},
    {"InstructionWithoutName", kWidget, "\"name\": \"mma.bf16\",", "",
     "nvidia/widget.json:20: matrix_instructions: has an entry without a name"},
    {"Missing", kWidget, "    \"memory_gb_per_s\": {\"value\": 1000, \"source\": \"sheet\", \"where\": \"page 1\"},\n",
     "", "nvidia/widget.json:1: memory_gb_per_s: is missing; every device of this kind has to have it, or inherit it"},
    {"MissingInFamily", kFamily,
     "    \"registers_per_thread_max\": {\"value\": 255, \"source\": \"guide\", \"where\": \"table 1\"},\n", "",
     "nvidia/families/sm_00.json:1: registers_per_thread_max: is missing; every family of this kind has to have it, or "
     "inherit it"},
    {"LimitsContradict", kFamily, "\"value\": 1024, \"source\": \"guide\"", "\"value\": 4096, \"source\": \"guide\"",
     "nvidia/families/sm_00.json:14: max_threads_per_block: is 4096 and max_threads_per_compute_unit is 2048; it has "
     "to "
     "be at most that"},
    {"NoMultiple", kFamily, "\"value\": 1024, \"source\": \"guide\"", "\"value\": 1000, \"source\": \"guide\"",
     "nvidia/families/sm_00.json:14: max_threads_per_block: is 1000 and threads_per_warp is 32; it has to be a "
     "multiple "
     "of it"},
    {"NoSuchFamily", kWidget, "families/sm_00", "families/sm_01",
     "nvidia/widget.json:7: inherits: there is no file nvidia/families/sm_01.json, or it has problems of its own"},
    {"InheritsADevice", kToy, "families/toy", "toy_one",
     "cpu/toy_one.json:7: inherits: has to name a file of families/, such as \"families/sm_90\""},
    {"Loop", kFamily, "\"driver_names\"", "\"inherits\": \"families/sm_00\",\n  \"driver_names\"",
     "nvidia/families/sm_00.json:7: inherits: nvidia/families/sm_00.json inherits from this file: a loop"},
    {"CacheWithoutSharing", kToy,
     ",\n    \"l3_sharing_cores\": {\"value\": 8, \"source\": \"guide\", \"where\": \"chapter 3\"}", "",
     "cpu/toy_one.json:1: l3_sharing_cores: is missing; it belongs to l3_bytes"},
};

class Broken : public testing::TestWithParam<Break> {};

TEST_P(Broken, GivesFileLineAndField) {
  const Break& change = GetParam();
  const TemporaryFolder folder;
  std::filesystem::copy(kFixtures, folder.path(), std::filesystem::copy_options::recursive);
  std::string text = read_file(folder.path() / change.file);
  const std::string from = change.from;
  if (from.empty()) {
    text = change.to;
  } else {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(), change.to);
  }
  folder.write(change.file, text);
  EXPECT_THAT(messages(folder.path()), testing::Contains(std::string(change.message)));
}

INSTANTIATE_TEST_SUITE_P(Validate, Broken, testing::ValuesIn(kBreaks),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Validate, FixturesAreGood) { EXPECT_THAT(messages(kFixtures), testing::IsEmpty()); }

TEST(Validate, LongLoopIsFound) {
  const TemporaryFolder folder;
  std::filesystem::copy(kFixtures, folder.path(), std::filesystem::copy_options::recursive);
  std::string text = read_file(folder.path() / kFamily);
  const auto write_family = [&](const std::string& name, const std::string& parent) {
    std::string changed = text;
    changed.replace(changed.find("nvidia/families/sm_00"), 21, "nvidia/families/" + name);
    changed.replace(changed.find("\"driver_names\""), 14,
                    "\"inherits\": \"families/" + parent + "\",\n  \"driver_names\"");
    folder.write("nvidia/families/" + name + ".json", changed);
  };
  write_family("sm_00", "sm_01");
  write_family("sm_01", "sm_00");
  EXPECT_THAT(messages(folder.path()), testing::Contains(testing::HasSubstr("a loop")));
}

TEST(Validate, MissingFolderIsAProblem) {
  EXPECT_THAT(messages(std::filesystem::path(kFixtures) / "nowhere"), testing::Not(testing::IsEmpty()));
}

}  // namespace
}  // namespace flashrnn::hw
