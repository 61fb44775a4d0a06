"""What `nox -s watch` times for two commits. Only the public interface, which both have."""
