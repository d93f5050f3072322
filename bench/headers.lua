-- For wrk: each request carries the next line of the file that is named behind `--` as its Authorization header.
local lines, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    lines[#lines + 1] = line
  end
end

function request()
  at = at % #lines + 1
  wrk.headers["Authorization"] = lines[at]
  return wrk.format()
end
