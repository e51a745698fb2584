# What Jekyll itself decides about the posts of the sites that are named as arguments: one line of
# JSON a site. Plugins and themes are left out, future posts kept. `stops` are the posts at which
# Jekyll would stop; "date": null is the time of the build.
require "jekyll"
require "json"

Jekyll.logger.log_level = :error
$stderr = File.open(File::NULL, "w")

class Jekyll::PostReader
  def read_publishable(dir, magic_dir, matcher)
    documents = read_content(dir, magic_dir, matcher).reject { |document| stops?(document) }
    documents.select { |document| processable?(document) }
  end

  def stops?(document)
    document.read
    false
  rescue StandardError
    site.config["stops"] << document.path.delete_prefix("#{site.source}/")
  end
end

def site_of(dir)
  Jekyll::Utils.instance_variable_set(:@parse_date_cache, nil)
  ENV["TZ"] = "UTC"
  config = Jekyll.configuration(
    "source" => dir, "destination" => "/nonexistent/site", "future" => true,
    "disable_disk_cache" => true, "cache_dir" => ".truth-cache"
  )
  config.merge!("plugins" => [], "theme" => nil, "stops" => [])
  Jekyll::Site.new(config).tap(&:read)
end

def row(post, site)
  date = post.date == site.time ? nil : post.date.getutc.strftime("%Y-%m-%dT%H:%M:%SZ")
  path = post.path.delete_prefix("#{site.source}/")
  lists = %w(categories tags).to_h { |key| [key, Array(post.data[key]).map(&:to_s)] }
  { "path" => path, "url" => post.url, "date" => date, "title" => post.data["title"].to_s, **lists }
rescue StandardError
  site.config["stops"] << path
  nil
end

ARGV.each do |dir|
  site = site_of(dir)
  posts = site.posts.docs.map { |post| row(post, site) }.compact
  puts JSON.generate("posts" => posts, "stops" => site.config["stops"])
rescue StandardError => e
  puts JSON.generate("refused" => e.class.to_s)
end
