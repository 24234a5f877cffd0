// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "verify/verify.hpp"

/// The library on the CPU, with each instruction set of this machine, against the reference.
namespace flashrnn::verify {
namespace {

using Context = std::unique_ptr<flashrnn_context, decltype(&flashrnn_context_destroy)>;

std::vector<std::string> cpu_isas() {
  for (std::int32_t i = 0; i < flashrnn_device_count(); ++i) {
    flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
    if (flashrnn_get_device(i, &info) != FLASHRNN_SUCCESS || std::string(info.name) != "cpu") continue;
    std::istringstream words(info.isas);
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

Context open_cpu(const std::string& isa) {
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  options.cpu_isa = isa.c_str();
  flashrnn_context* context = nullptr;
  EXPECT_EQ(flashrnn_context_create("cpu", &options, &context), FLASHRNN_SUCCESS) << flashrnn_last_error();
  return {context, &flashrnn_context_destroy};
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void expect_ok(const CaseResult& result, const std::string& isa) {
  EXPECT_TRUE(result.ok) << isa << " " << result.name << ": " << result.message;
}

std::string identifier(std::string text) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return text;
}

TEST(Device, TheCpuIsThere) { EXPECT_FALSE(cpu_isas().empty()); }

class Golden : public testing::TestWithParam<std::string> {
 protected:
  void expect_all(flashrnn_dtype dtype) const {
    const Context context = open_cpu(GetParam());
    ASSERT_NE(context, nullptr);
    LibraryApi api(context.get(), "cpu");
    for (const CaseResult& result : run_golden(api, FLASHRNN_GOLDEN_DIR, dtype)) {
      expect_ok(result, GetParam());
    }
  }
};

TEST_P(Golden, Fp32) { expect_all(FLASHRNN_F32); }
TEST_P(Golden, Bf16) { expect_all(FLASHRNN_BF16); }
TEST_P(Golden, Fp16) { expect_all(FLASHRNN_F16); }

std::string isa_name(const testing::TestParamInfo<std::string>& info) { return identifier(info.param); }
INSTANTIATE_TEST_SUITE_P(Cpu, Golden, testing::ValuesIn(cpu_isas()), isa_name);

struct TablePart {
  std::string isa;
  std::string cell;
};
void PrintTo(const TablePart& part, std::ostream* out) { *out << part.isa << " " << part.cell; }

std::vector<TablePart> table_parts() {
  std::vector<TablePart> parts;
  for (const std::string& isa : cpu_isas()) {
    for (const reference::Cell cell : reference::kCells) {
      parts.push_back({isa, std::string(reference::info(cell).name)});
    }
  }
  return parts;
}

class Table : public testing::TestWithParam<TablePart> {};

TEST_P(Table, Holds) {
  const Context context = open_cpu(GetParam().isa);
  ASSERT_NE(context, nullptr);
  LibraryApi api(context.get(), "cpu");
  std::size_t count = 0;
  for (const Case& test : conformance_table()) {
    if (!test.name.starts_with(GetParam().cell + "/")) continue;
    expect_ok(run_case(api, test), GetParam().isa);
    ++count;
  }
  EXPECT_GT(count, 50U);
}

INSTANTIATE_TEST_SUITE_P(Cpu, Table, testing::ValuesIn(table_parts()),
                         [](const auto& info) { return identifier(info.param.isa + "_" + info.param.cell); });

constexpr std::uint64_t kShards = 8;

class Sweep : public testing::TestWithParam<std::uint64_t> {};

// FLASHRNN_SWEEP_SEED and FLASHRNN_SWEEP_CASES choose other cases and more of them. The instruction sets take turns.
TEST_P(Sweep, Holds) {
  const std::uint64_t seed = number_from_environment("FLASHRNN_SWEEP_SEED", 20240229);
  const std::uint64_t cases = number_from_environment("FLASHRNN_SWEEP_CASES", 2400);
  const std::vector<std::string> isas = cpu_isas();
  std::vector<Context> contexts;
  for (const std::string& isa : isas) {
    contexts.push_back(open_cpu(isa));
    ASSERT_NE(contexts.back(), nullptr);
  }
  ASSERT_FALSE(contexts.empty());
  for (std::uint64_t index = GetParam(); index < cases; index += kShards) {
    const std::size_t turn = (index / kShards) % contexts.size();
    LibraryApi api(contexts[turn].get(), "cpu");
    expect_ok(run_case(api, sweep_case(seed, index)), isas[turn]);
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, Sweep, testing::Range(std::uint64_t{0}, kShards));

}  // namespace
}  // namespace flashrnn::verify
