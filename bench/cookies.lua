-- For wrk: each request carries the next Cookie header of the file that is named behind `--`.
local cookies, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    cookies[#cookies + 1] = line
  end
end

function request()
  at = at % #cookies + 1
  wrk.headers["Cookie"] = cookies[at]
  return wrk.format()
end
