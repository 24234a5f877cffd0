// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backend_cuda/image.hpp"

namespace flashrnn::cuda {
namespace {

template <class T>
void put(std::string& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

/// Writes files of the shape that NVRTC's have.
class CubinWriter {
 public:
  CubinWriter() { add("", ""); }
  void add(const std::string& name, const std::string& data, std::uint32_t type = 1, std::uint64_t size = 0) {
    sections_.push_back({static_cast<std::uint32_t>(names_.size()), type, data, type == kNoBits ? size : data.size()});
    names_ += name + '\0';
  }
  std::string file(std::uint16_t machine = 190) {
    const std::uint32_t names_at = static_cast<std::uint32_t>(names_.size());
    names_ += std::string(".shstrtab") + '\0';
    sections_.push_back({names_at, 3, names_, names_.size()});
    std::string data;
    std::string headers;
    for (const Section& section : sections_) {
      put<std::uint32_t>(headers, section.name);
      put<std::uint32_t>(headers, section.type);
      put<std::uint64_t>(headers, 0);
      put<std::uint64_t>(headers, 0);
      put<std::uint64_t>(headers, 64 + data.size());
      put<std::uint64_t>(headers, section.size);
      headers += std::string(24, '\0');
      data += section.data;
    }
    std::string file("\177ELF\2\1\1", 7);
    file += std::string(9, '\0');
    put<std::uint16_t>(file, 2);
    put<std::uint16_t>(file, machine);
    put<std::uint32_t>(file, 1);
    put<std::uint64_t>(file, 0);
    put<std::uint64_t>(file, 0);
    put<std::uint64_t>(file, 64 + data.size());
    put<std::uint32_t>(file, 0);
    for (const std::size_t field :
         {std::size_t{64}, std::size_t{0}, std::size_t{0}, std::size_t{64}, sections_.size(), sections_.size() - 1}) {
      put<std::uint16_t>(file, field);
    }
    return file + data + headers;
  }
  static constexpr std::uint32_t kNoBits = 8;

 private:
  struct Section {
    std::uint32_t name;
    std::uint32_t type;
    std::string data;
    std::uint64_t size;
  };
  std::vector<Section> sections_;
  std::string names_;
};

void put_attribute(std::string& info, int attribute, std::uint32_t symbol, std::uint32_t value) {
  put<std::uint8_t>(info, 4);
  put<std::uint8_t>(info, attribute);
  put<std::uint16_t>(info, 8);
  put(info, symbol);
  put(info, value);
}

/// Two kernels, and a function that is none. From sm_90 on the driver reserves shared memory.
std::string example(bool reserves = true) {
  CubinWriter writer;
  const std::string names("\0first\0second\0helper\0", 21);
  std::string symbols(24, '\0');
  for (const std::uint32_t name : {1U, 7U, 14U}) {
    put<std::uint32_t>(symbols, name);
    symbols += std::string(20, '\0');
  }
  std::string info;
  put<std::uint32_t>(info, 0x00013703);  // an attribute without a value of its own
  put_attribute(info, 0x2f, 2, 255);
  put_attribute(info, 0x11, 2, 48);
  put_attribute(info, 0x2f, 1, 32);
  put_attribute(info, 0x11, 1, 0);
  put_attribute(info, 0x2f, 3, 99);
  put_attribute(info, 0x2f, 77, 99);  // of no symbol
  writer.add(".strtab", names);
  writer.add(".symtab", symbols);
  writer.add(".nv.info", info);
  for (const char* kernel : {"first", "second"}) {
    writer.add(std::string(".text.") + kernel, std::string(128, '\1'));
    writer.add(std::string(".nv.constant0.") + kernel, std::string(16, '\0'));
  }
  writer.add(".text.helper", std::string(64, '\1'));
  writer.add(".nv.shared.second", "", CubinWriter::kNoBits, 4096 + (reserves ? 1024 : 0));
  if (reserves) writer.add(".nv.shared.reserved.0", "", CubinWriter::kNoBits, 64);
  return writer.file();
}

void expect_kernels(const std::string& cubin) {
  std::vector<CompiledKernel> kernels;
  const Status status = read_cubin(cubin, &kernels);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(kernels.size(), 2);
  EXPECT_EQ(kernels[0].name, "first");
  EXPECT_EQ(kernels[0].resources, (jit::Resources{.registers = 32, .spill_bytes = 0, .static_shared = 0}));
  EXPECT_EQ(kernels[0].code_bytes, 128);
  EXPECT_EQ(kernels[1].name, "second");
  EXPECT_EQ(kernels[1].resources, (jit::Resources{.registers = 255, .spill_bytes = 48, .static_shared = 4096}));
}

TEST(Cubin, TellsItsKernels) {
  expect_kernels(example(false));
  expect_kernels(example(true));
}

TEST(Cubin, RefusesOtherFiles) {
  std::vector<CompiledKernel> kernels;
  EXPECT_FALSE(read_cubin("", &kernels).ok());
  EXPECT_FALSE(read_cubin("something else", &kernels).ok());
  EXPECT_FALSE(read_cubin(CubinWriter().file(62), &kernels).ok()) << "of an x86";
  EXPECT_TRUE(read_cubin(CubinWriter().file(), &kernels).ok()) << "without kernels";
  EXPECT_TRUE(kernels.empty());
}

/// Nothing is read beyond the bytes: the run under the address sanitizer shows it.
TEST(Cubin, StandsCutsAndFlips) {
  const std::string good = example();
  std::vector<CompiledKernel> kernels;
  for (std::size_t length = 0; length < good.size(); ++length) {
    const std::string cut(good, 0, length);
    EXPECT_FALSE(read_cubin(cut, &kernels).ok()) << length;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int with : {0x01, 0x80, 0xff}) {
      std::string flipped = good;
      flipped[at] = static_cast<char>(flipped[at] ^ with);
      (void)read_cubin(flipped, &kernels);
      EXPECT_LE(kernels.size(), 2);
    }
  }
}

}  // namespace
}  // namespace flashrnn::cuda
