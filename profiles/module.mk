# Profiles that come with Loquat.
dist_profile_DATA += %D%/broadcast.json %D%/communication.json %D%/live-broadcast.json %D%/preview.json %D%/test-broadcast.json %D%/test-codec.json %D%/test-pattern.json
